/** Puts the parts of this layer together: modules, stacks, variables and expressions of one machine. */
import { disposable } from "../base/disposable.ts";
import type { Hart } from "../machine/api.ts";
import type { Place, Type } from "../symbols/api.ts";
import type { CompiledExpression, Inspector, MemoryView, StackFrame, UnwindRule } from "./api.ts";
import { datumAt, type Scope } from "./datum.ts";
import { compileCondition } from "./expression/condition.ts";
import { evaluateScalar, evaluateValue } from "./expression/evaluate.ts";
import { parse } from "./expression/parse.ts";
import { hartMemory } from "./memory.ts";
import { createModuleTable, worldOf } from "./modules.ts";
import { atTrapHandler, framesOf, hartRegisters } from "./stack.ts";
import { makeValue } from "./value.ts";
import { frameVariables, scopeOf } from "./variables.ts";

export function createInspector(): Inspector {
  const modules = createModuleTable();
  const world = worldOf(modules);
  const rules: UnwindRule[] = [atTrapHandler];

  const compile = (text: string): CompiledExpression => {
    const expression = parse(text);
    return {
      text,
      evaluate: (frame, names) => evaluateValue(text, expression, frame, modules, world, names),
    };
  };
  return {
    modules,
    addUnwindRule(rule) {
      rules.push(rule);
      return disposable(() => rules.splice(rules.indexOf(rule), 1));
    },
    stack: (hart) =>
      lazily(() =>
        framesOf(hartRegisters(hart), { hart, memory: hartMemory(hart), modules, rules }),
      ),
    stackFrom: (registers, memory, hart) =>
      lazily(() => framesOf(registers, { hart, memory, modules, rules })),
    variables: (frame) =>
      frameVariables(frame, world).map(({ name, variable, datum }) =>
        makeValue(name, datum, name === variable.name ? name : undefined),
      ),
    statics(pattern, hart: Hart) {
      const scope: Scope = { memory: hartMemory(hart), registers: undefined, world };
      return modules.modules.flatMap((module) =>
        module.symbols
          .staticsNamed(pattern)
          .filter((one) => one.address !== undefined)
          .map((one) =>
            makeValue(
              one.qualifiedName,
              datumAt(one.type, one.address! + module.bias, scope),
              one.qualifiedName,
            ),
          ),
      );
    },
    valueAt(name, type: Type, place: Place, from: StackFrame | MemoryView) {
      const scope =
        "registers" in from ? scopeOf(from, world) : { memory: from, registers: undefined, world };
      return makeValue(name, { type, place, offset: 0, scope }, undefined);
    },
    compile,
    evaluate: (text, frame, names) => compile(text).evaluate(frame, names),
    condition: (text, fields) =>
      compileCondition(
        text,
        fields,
        (whole, expression) => (frame, names) =>
          evaluateScalar(whole, expression, frame, modules, world, names),
      ),
  };
}

/** Each iteration starts anew at the innermost frame. */
const lazily = <T>(make: () => Iterator<T>): Iterable<T> => ({ [Symbol.iterator]: make });
