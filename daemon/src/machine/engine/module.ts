/** Puts the generated functions together to the one module that every engine instantiates. */
import { emitDigest } from "./digest.ts";
import { emitRun, runParameters } from "./driver.ts";
import { emitLoop, loopParameters } from "./interpreter.ts";
import { operations } from "./operations.ts";
import { type Calls, emitStraddle, imports, SlowPath } from "./slow-path.ts";
import { type Code, ModuleBuilder, type Signature, type ValueType } from "./wasm.ts";

/**
 * Imports `engine.memory` and the functions named in `imports`. Exports `run(hart block, budget)`,
 * which answers an Exit, and `digest(memory offset, bytes, where the result goes)`.
 */
export function generate(): Uint8Array {
  const module = new ModuleBuilder();
  const integers = (count: number): ValueType[] => Array.from({ length: count }, () => "i32");
  const define = (type: Signature, build: (code: Code) => void): number => {
    const index = module.declare(type);
    module.define(index, type, build);
    return index;
  };

  module.importMemory("engine", "memory");
  const calls = Object.fromEntries(
    Object.entries(imports).map(([name, count]) => {
      const type = module.signature(integers(count), ["i32"]);
      return [name, module.importFunction("engine", name, type)];
    }),
  ) as Calls;

  const slowPath = module.signature(integers(1), ["i32"]);
  module.table(
    operations.map((operation, number) =>
      define(slowPath, (code) => new SlowPath(code, calls).emit(operation, number)),
    ),
  );
  const straddle = define(module.signature(integers(2), ["i32"]), (code) =>
    emitStraddle(code, calls),
  );
  const loop = define(module.signature(loopParameters, ["i32"]), emitLoop);
  const run = define(module.signature(runParameters, ["i32"]), (code) =>
    emitRun(code, calls, { loop, straddle, slowPath }),
  );
  module.export("run", run);
  module.export("digest", define(module.signature(integers(3), []), emitDigest));
  return module.encode();
}
