// Serves the shop's page and the browser package it imports.

import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import express from "express";

const clients = fileURLToPath(new URL("../clients/", import.meta.url));
const web = dirname(fileURLToPath(import.meta.resolve("once-again-web")));

export function servePage(app) {
  app.get("/", (_req, res) => res.sendFile("page.html", { root: clients }));
  for (const script of ["page.mjs", "shared.mjs"]) {
    app.get(`/${script}`, (_req, res) => res.sendFile(script, { root: clients }));
  }
  app.use("/once-again-web", express.static(web));
}
