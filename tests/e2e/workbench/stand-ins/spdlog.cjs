/**
 * Stands in for `@vscode/spdlog` in a workbench that was installed without building machine code:
 * the same functions, each line appended to the log file at once.
 */
const { appendFileSync, mkdirSync } = require("node:fs");
const { dirname } = require("node:path");

function loggerOf(file) {
  mkdirSync(dirname(file), { recursive: true });
  const write = (text) => appendFileSync(file, `${text}\n`);
  const nothing = () => {};
  return {
    ...{ trace: nothing, debug: nothing, info: write, warn: write, error: write, critical: write },
    ...{ getLevel: () => 2, setLevel: nothing, setPattern: nothing, clearFormatters: nothing },
    ...{ flush: nothing, drop: nothing },
  };
}

module.exports = {
  setFlushOn() {},
  createRotatingLogger: async (_, file) => loggerOf(file),
  createAsyncRotatingLogger: async (_, file) => loggerOf(file),
};
