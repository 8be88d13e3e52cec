// node scripts/bundle.mjs node|web
//
// Bundles one public package from what `tsc --build` left in the build/ folders: the private driver goes inside, and the
// entries of a package share its code through common chunks, so a class is the same class from every entry.

import { copyFile, mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { rollup } from "rollup";
import { dts } from "rollup-plugin-dts";
import { minify } from "terser";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");

/** The driver's private name means its built files, for the code and for the declarations alike. */
const driverInside = (extension) => ({
  name: "driver-inside",
  resolveId(source) {
    const [, module] = /^@once-again\/driver\/(.+)$/.exec(source) ?? [];
    return module === undefined ? null : join(root, "bindings-js/build", module + extension);
  },
});

/** CommonJS has no `import.meta`, and rollup's own stand-in takes any global `document` (jsdom's, say) for a browser. */
const fileUrlInCommonJs = {
  name: "file-url-in-commonjs",
  resolveImportMeta: (property, { format }) =>
    format === "cjs" && property === "url" ? 'require("node:url").pathToFileURL(__filename).href' : null,
};

/** What a page downloads, without what only readers need. Names of classes stay: errors and stores are told by them. */
const small = {
  name: "small",
  async renderChunk(code) {
    const mangled = await minify(code, {
      module: true,
      ecma: 2022,
      keep_classnames: true,
      // A variable keeps the import of a Node module out of the sight of bundlers; its value must not take its place.
      compress: { passes: 2, reduce_vars: false },
      format: { comments: /webpackIgnore|@vite-ignore/ },
    });
    return mangled.code;
  },
};

/** A module of ours is bundled; a package or a built-in of Node stays an import. */
const external = (id) => !/^[./]/.test(id) && !id.startsWith("@once-again/driver/") && !id.startsWith(root);

async function bundle({ input, plugins, output }) {
  const onLog = (level, log) => {
    if (level === "warn") throw new Error(log.message);
  };
  const build = await rollup({ input, plugins, external, onLog });
  const { output: files } = await build.write({ ...output, hoistTransitiveImports: false });
  await build.close();
  for (const file of files) console.log(`  ${relative(root, join(output.dir, file.fileName))}`);
}

async function bundlePackage({ folder, entries, format, extension, declarations, plugins = [] }) {
  const at = (...parts) => join(root, folder, ...parts);
  const input = (suffix) => Object.fromEntries(entries.map((entry) => [entry, at("build", entry + suffix)]));
  // The driver stays in one piece: between two chunks every use of its binding would be one more look-up.
  const manualChunks = (id) => (id.startsWith(join(root, "bindings-js/build")) ? "driver" : undefined);
  const names = (suffix) => ({ entryFileNames: `[name]${suffix}`, chunkFileNames: `[name]${suffix}`, manualChunks });

  await rm(at("dist"), { recursive: true, force: true });
  await rm(at("types"), { recursive: true, force: true });
  await bundle({
    input: input(".js"),
    plugins: [driverInside(".js"), fileUrlInCommonJs, ...plugins],
    output: { dir: at("dist"), format, ...names(extension), sourcemap: false },
  });
  await bundle({
    input: input(".d.ts"),
    plugins: [driverInside(".d.ts"), dts()],
    output: { dir: at("types"), format: "es", ...names(declarations) },
  });
}

/**
 * In Node the CommonJS build is the package and the ESM entries only pass it on. An application that mixes `import` and
 * `require` therefore still has one set of classes and one mailbox.
 */
async function nodePackage() {
  const folder = "bindings-node";
  const entries = ["index", "stores", "testing"];
  await bundlePackage({ folder, entries, format: "cjs", extension: ".cjs", declarations: ".d.cts" });
  for (const entry of entries) {
    const passOn = `export * from "./${entry}.cjs";\n`;
    await writeFile(join(root, folder, "dist", `${entry}.mjs`), passOn);
    await writeFile(join(root, folder, "types", `${entry}.d.mts`), passOn);
  }
}

/** In the browser the wasm stays a file of its own beside the code; servers and bundlers find it by its URL. */
async function webPackage() {
  const folder = "bindings-wasm";
  await bundlePackage({
    folder,
    entries: ["index", "testing"],
    format: "es",
    extension: ".js",
    declarations: ".d.ts",
    plugins: [small],
  });
  const wasm = "once_again_bg.wasm";
  await mkdir(join(root, folder, "dist"), { recursive: true });
  await copyFile(join(root, folder, "wasm", wasm), join(root, folder, "dist", wasm));
}

const packages = { node: nodePackage, web: webPackage };
const chosen = packages[process.argv[2]];
if (chosen === undefined) throw new Error("usage: node scripts/bundle.mjs node|web");
await chosen();
