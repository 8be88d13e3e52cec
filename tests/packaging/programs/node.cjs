const { coreVersion } = require("once-again");

console.log(`once-again ${coreVersion()}`);
