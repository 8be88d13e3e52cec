/** The version of the decision core, the same number in every language. */
declare function coreVersion(): string;

export { coreVersion };
