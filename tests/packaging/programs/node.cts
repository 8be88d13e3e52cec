import once_again = require("once-again");

const version: string = once_again.coreVersion();
console.log(version);
