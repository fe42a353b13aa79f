/** The instructions of call frame information (DWARF 5, 6.4.2), run up to the row that holds at a pc. */
import type { UnwindRow } from "./api.ts";
import type { NearAddress } from "./positions.ts";
import type { Reader } from "./reader.ts";

const MAX_SAVED_ROWS = 256;

type Rule = UnwindRow["rules"] extends ReadonlyMap<number, infer Each> ? Each : never;

export interface MutableRow {
  cfa: UnwindRow["cfa"] | undefined;
  rules: Map<number, Rule>;
}

interface Factors {
  readonly codeFactor: number;
  readonly dataFactor: number;
}

export class FrameProgram {
  row: MutableRow = { cfa: undefined, rules: new Map() };
  readonly #factors: Factors;
  readonly #saved: MutableRow[] = [];
  #initial: ReadonlyMap<number, Rule> = new Map();
  #location: number;
  #done = false;

  constructor(factors: Factors, start: NearAddress) {
    this.#factors = factors;
    this.#location = start;
  }

  /** The rules so far are those that DW_CFA_restore goes back to. */
  keepInitial(): void {
    this.#initial = new Map(this.row.rules);
  }

  /** Runs until an instruction moves past pc. */
  run(instructions: Reader, pc: NearAddress): void {
    const reader = instructions.at(instructions.position, instructions.end);
    while (!reader.done && !this.#done) {
      const opcode = reader.u8();
      const operand = opcode & 0x3f;
      switch (opcode >> 6) {
        case 1:
          this.#advance(operand * this.#factors.codeFactor, pc);
          break;
        case 2:
          this.#offset(operand, reader.uleb() * this.#factors.dataFactor);
          break;
        case 3:
          this.#restore(operand);
          break;
        default:
          this.#extended(reader, operand, pc);
      }
    }
  }

  #advance(distance: number, pc: NearAddress): void {
    this.#moveTo(this.#location + distance, pc);
  }

  #moveTo(location: number, pc: NearAddress): void {
    if (location > pc) this.#done = true;
    else this.#location = location;
  }

  #offset(register: number, offset: number): void {
    this.row.rules.set(register, { kind: "offset", offset });
  }

  #restore(register: number): void {
    const rule = this.#initial.get(register);
    if (rule === undefined) this.row.rules.delete(register);
    else this.row.rules.set(register, rule);
  }

  #extended(reader: Reader, opcode: number, pc: NearAddress): void {
    const { codeFactor } = this.#factors;
    switch (opcode) {
      case 0x00:
        break;
      case 0x01:
        this.#moveTo(reader.address(), pc);
        break;
      case 0x02:
        this.#advance(reader.u8() * codeFactor, pc);
        break;
      case 0x03:
        this.#advance(reader.u16() * codeFactor, pc);
        break;
      case 0x04:
        this.#advance(reader.u32() * codeFactor, pc);
        break;
      case 0x0a:
        if (this.#saved.length >= MAX_SAVED_ROWS) reader.fail("too many saved rows");
        this.#saved.push({ cfa: this.row.cfa, rules: new Map(this.row.rules) });
        break;
      case 0x0b:
        this.row = this.#saved.pop() ?? reader.fail("no saved row to go back to");
        break;
      case 0x0c:
      case 0x0d:
      case 0x0e:
      case 0x0f:
      case 0x12:
      case 0x13:
        this.#defineCfa(reader, opcode);
        break;
      default:
        this.#rule(reader, opcode);
    }
  }

  #defineCfa(reader: Reader, opcode: number): void {
    const { dataFactor } = this.#factors;
    const { cfa } = this.row;
    const known = cfa !== undefined && "register" in cfa ? cfa : { register: 0, offset: 0 };
    switch (opcode) {
      case 0x0c:
        this.row.cfa = { register: reader.uleb(), offset: reader.uleb() };
        break;
      case 0x0d:
        this.row.cfa = { register: reader.uleb(), offset: known.offset };
        break;
      case 0x0e:
        this.row.cfa = { register: known.register, offset: reader.uleb() };
        break;
      case 0x0f:
        this.row.cfa = { expression: reader.block(reader.uleb()) };
        break;
      case 0x12:
        this.row.cfa = { register: reader.uleb(), offset: reader.sleb() * dataFactor };
        break;
      case 0x13:
        this.row.cfa = { register: known.register, offset: reader.sleb() * dataFactor };
        break;
    }
  }

  #rule(reader: Reader, opcode: number): void {
    const { dataFactor } = this.#factors;
    if (opcode === 0x2e) {
      // DW_CFA_GNU_args_size: bytes of arguments, nothing about registers.
      reader.skipLeb();
      return;
    }
    const register = reader.uleb();
    const { rules } = this.row;
    switch (opcode) {
      case 0x05:
        this.#offset(register, reader.uleb() * dataFactor);
        break;
      case 0x06:
        this.#restore(register);
        break;
      case 0x07:
        rules.set(register, { kind: "undefined" });
        break;
      case 0x08:
        rules.set(register, { kind: "same" });
        break;
      case 0x09:
        rules.set(register, { kind: "register", register: reader.uleb() });
        break;
      case 0x10:
        rules.set(register, { kind: "expression", bytes: reader.block(reader.uleb()) });
        break;
      case 0x11:
        this.#offset(register, reader.sleb() * dataFactor);
        break;
      case 0x14:
        rules.set(register, { kind: "valueOffset", offset: reader.uleb() * dataFactor });
        break;
      case 0x15:
        rules.set(register, { kind: "valueOffset", offset: reader.sleb() * dataFactor });
        break;
      case 0x16:
        rules.set(register, { kind: "valueExpression", bytes: reader.block(reader.uleb()) });
        break;
      default:
        reader.fail(`unknown call frame instruction 0x${opcode.toString(16)}`);
    }
  }
}
