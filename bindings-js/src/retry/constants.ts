// The constants of the advanced retry, under its own names. Each is the string that the field takes.

export const StrategyFixedDelay = "fixed";
export const StrategyExponentialBackoff = "exponential";
export const StrategyLinearBackoff = "linear";
export const StrategyFibonacciBackoff = "fibonacci";
/** Beside `customBackoff`. */
export const StrategyCustom = "custom";

export const JitterTypeNone = "none";
export const JitterTypeFull = "full";
export const JitterTypeEqual = "equal";
export const JitterTypeDecorrelated = "decorrelated";
/** Beside `jitterMaxDeviation`. */
export const JitterTypeDeviation = "deviation";

export const ErrorTypeTransient = "Transient";
export const ErrorTypePermanent = "Permanent";
export const ErrorTypeTimeout = "Timeout";
export const ErrorTypeRateLimit = "RateLimit";
export const ErrorTypeCircuitBreaker = "CircuitBreaker";
export const ErrorTypeNetwork = "Network";
export const ErrorTypeServer = "Server";
export const ErrorTypeClient = "Client";
export const ErrorTypeUnknown = "Unknown";
