// The largest number of 32 bits with a sign: of errno, and of a platform timer's milliseconds.
export const INT32_MAX = 2 ** 31 - 1;
