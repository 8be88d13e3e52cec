// The configurations of the advanced retry, to be changed field by field.

import { core } from "../binding.js";
import { readAnswer, specText } from "../spec.js";
import { STANDARD } from "./plan.js";
import type { RetryConfig, RetryOptions } from "./types.js";

/** A configuration that may be changed before it is used. */
export type MutableRetryConfig = { -readonly [K in keyof RetryOptions]: RetryOptions[K] } & {
  -readonly [K in keyof RetryConfig]: RetryConfig[K];
};

const fresh = (preset: string): MutableRetryConfig => ({
  ...readAnswer<{ readonly config: MutableRetryConfig }>(core.retryComplete(specText(preset), STANDARD)).config,
});

/** 3 attempts, 100 ms to 30 s, doubled, full jitter, 5 minutes in all. What is retried is the table of error types. */
export const DefaultRetryConfig = (): MutableRetryConfig => fresh("default.config");
/** `DefaultRetryConfig` that retries Transient, Timeout and Network only. */
export const DatabaseRetryConfig = (): MutableRetryConfig => fresh("database");
/** 5 attempts from 200 ms; retries Server and RateLimit too. */
export const HTTPRetryConfig = (): MutableRetryConfig => fresh("http");
/** 4 attempts from 500 ms, with time for large files: 2 minutes each, 15 in all. */
export const S3RetryConfig = (): MutableRetryConfig => fresh("s3");
/** 2 attempts, 50 ms apart, without jitter or breaker: a cache may fail. */
export const CacheRetryConfig = (): MutableRetryConfig => fresh("cache");
