/** Puts the parts of this layer together: modules, stacks, variables and expressions of one machine. */
import { type Disposable, disposable } from "../base/disposable.ts";
import type { Hart } from "../machine/api.ts";
import type { Place, Type } from "../symbols/api.ts";
import type {
  BodyRule,
  CompiledExpression,
  Inspector,
  MemoryView,
  StackFrame,
  UnwindRule,
} from "./api.ts";
import { datumAt, type Scope } from "./datum.ts";
import { compileCondition } from "./expression/condition.ts";
import { evaluateScalar, evaluateValue } from "./expression/evaluate.ts";
import { parse } from "./expression/parse.ts";
import { hartMemory } from "./memory.ts";
import { createModuleTable, worldOf } from "./modules.ts";
import { isUserPage, type PhysicalMemory } from "./space.ts";
import { atTrapHandler, framesOf, hartRegisters } from "./stack.ts";
import type { UnwindContext } from "./unwind.ts";
import { makeValue } from "./value.ts";
import { frameVariables, scopeOf } from "./variables.ts";

/** `memory` is what page tables are read from: without it no interrupted code is taken for user code. */
export function createInspector(memory?: PhysicalMemory): Inspector {
  const modules = createModuleTable();
  const isUser: UnwindContext["isUser"] = (space, pc) =>
    memory !== undefined && isUserPage(memory, space.satp, pc);
  const bodyRules: BodyRule[] = [];
  const bodyAt: BodyRule = (...body) => {
    for (const rule of bodyRules) {
      const at = rule(...body);
      if (at !== undefined) return at;
    }
    return undefined;
  };
  const worldIn = (satp: bigint) => worldOf(modules.under(satp), bodyAt);
  const rules: UnwindRule[] = [atTrapHandler];

  const compile = (text: string): CompiledExpression => {
    const expression = parse(text);
    return {
      text,
      evaluate: (frame, names) =>
        evaluateValue(text, expression, frame, modules, worldIn(frame.space.satp), names),
    };
  };
  return {
    modules,
    addUnwindRule: (rule) => added(rules, rule),
    addBodyRule: (rule) => added(bodyRules, rule),
    stack: (hart) =>
      lazily(() => {
        const { privilege, satp } = hart;
        const memory = hartMemory(hart);
        const space = { privilege, satp };
        return framesOf(hartRegisters(hart), { hart, memory, space, modules, rules, isUser });
      }),
    stackFrom: (registers, memory, space) =>
      lazily(() => framesOf(registers, { hart: undefined, memory, space, modules, rules, isUser })),
    variables: (frame) =>
      frameVariables(frame, worldIn(frame.space.satp)).map(({ name, variable, datum }) =>
        makeValue(name, datum, name === variable.name ? name : undefined),
      ),
    statics(pattern, hart: Hart) {
      const there = modules.under(hart.satp);
      const scope: Scope = {
        memory: hartMemory(hart),
        registers: undefined,
        world: worldOf(there),
      };
      return there.flatMap((module) =>
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
        "registers" in from
          ? scopeOf(from, worldIn(from.space.satp))
          : { memory: from, registers: undefined, world: worldIn(0n) };
      return makeValue(name, { type, place, offset: 0, scope }, undefined);
    },
    compile,
    evaluate: (text, frame, names) => compile(text).evaluate(frame, names),
    condition: (text, fields) =>
      compileCondition(
        text,
        fields,
        (whole, expression) => (frame, names) =>
          evaluateScalar(whole, expression, frame, modules, worldIn(frame.space.satp), names),
      ),
  };
}

function added<T>(list: T[], item: T): Disposable {
  list.push(item);
  return disposable(() => list.splice(list.indexOf(item), 1));
}

/** Each iteration starts anew at the innermost frame. */
const lazily = <T>(make: () => Iterator<T>): Iterable<T> => ({ [Symbol.iterator]: make });
