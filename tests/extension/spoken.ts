/** What sources say to people: the texts that are looked up, and literals that are not. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAst } from "vitest/node";

interface Node {
  readonly type: string;
  readonly start: number;
  readonly [member: string]: unknown;
}

/** Calls that look texts up, and which of their arguments are texts. */
const LOOKUPS: Readonly<Record<string, readonly number[]>> = { t: [0], counted: [1, 2] };

export interface Source {
  readonly path: string;
  readonly text: string;
}

/** The TypeScript below a folder. */
export function sourcesIn(folder: string): readonly Source[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts") && !path.endsWith(".d.ts"))
    .map((path) => path.replaceAll("\\", "/"))
    .sort()
    .map((path) => ({ path, text: readFileSync(join(folder, path), "utf8") }));
}

export interface Found {
  /** Looked up. */
  readonly keys: ReadonlySet<string>;
  /** `path:line: ...`: what is shown to people and not looked up, or looked up in vain. */
  readonly problems: readonly string[];
}

export function look(sources: readonly Source[]): Found {
  const keys = new Set<string>();
  const problems: string[] = [];
  for (const source of sources) {
    const tell = (node: Node, what: string) =>
      problems.push(`${source.path}:${lineOf(source.text, node)}: ${what}`);
    visit(parse(source), [], (node, parents) => {
      const args = lookedUp(node);
      if (args) {
        if (!parents.some(({ type }) => /Function|Method/.test(type))) {
          tell(node, "looked up before the language is known");
        }
        for (const arg of args) {
          const key = arg && literal(arg);
          if (key === undefined) tell(node, "looks up what is no literal");
          else keys.add(key);
        }
      }
      const shown = shownLiteral(node, parents);
      if (shown !== undefined) tell(node, `not looked up: ${shown}`);
    });
  }
  return { keys, problems };
}

/** Every string of sources, with `{0}`, `{1}`, ... for the values in templates. */
export function literalsOf(sources: readonly Source[]): ReadonlySet<string> {
  const found = new Set<string>();
  for (const source of sources) {
    visit(parse(source), [], (node) => {
      const text = isText(node) ? template(node) : undefined;
      if (text !== undefined) found.add(text);
    });
  }
  return found;
}

const parse = ({ path, text }: Source): Node =>
  parseAst(text, { lang: "ts" }, path) as unknown as Node;

const lineOf = (text: string, { start }: Node): number => text.slice(0, start).split("\n").length;

function visit(
  node: Node,
  parents: readonly Node[],
  see: (node: Node, parents: readonly Node[]) => void,
): void {
  see(node, parents);
  const below = [...parents, node];
  for (const [member, value] of Object.entries(node)) {
    // Types have literals too.
    if (/^(typeAnnotation|typeArguments|returnType|typeParameters)$/.test(member)) continue;
    for (const child of Array.isArray(value) ? value : [value]) {
      if (typeof child === "object" && child !== null && "type" in child)
        visit(child as Node, below, see);
    }
  }
}

function calleeOf({ callee, type }: Node): string | undefined {
  if (type !== "CallExpression" && type !== "NewExpression") return undefined;
  const { name, property } = callee as { name?: string; property?: { name?: string } };
  return name ?? property?.name;
}

function lookedUp(node: Node): readonly (Node | undefined)[] | undefined {
  const name = node.type === "CallExpression" ? (node.callee as Node).name : undefined;
  const places = LOOKUPS[String(name)];
  return places?.map((at) => (node.arguments as Node[])[at]);
}

const isText = (node: Node): boolean =>
  node.type === "TemplateLiteral" || (node.type === "Literal" && typeof node.value === "string");

function literal(node: Node): string | undefined {
  return node.type === "Literal" && typeof node.value === "string" ? node.value : undefined;
}

function template(node: Node): string {
  if (node.type === "Literal") return String(node.value);
  const parts = (node.quasis as { value: { cooked: string } }[]).map(({ value }) => value.cooked);
  return parts.reduce((text, part, at) => `${text}{${at - 1}}${part}`);
}

/** Members of objects that people read. */
const SHOWN = /^(label|description|detail|title|placeHolder|prompt|tooltip|spoken|told)$/;
/** Words for `when` clauses, and names of commands. */
const HIDDEN = /^(context|command)$/;
/** Whose arguments people read. */
const SHOWING = /^(Error|Offer|show(Error|Information|Warning)Message|heading|text|fillText)$/;
/** Whose arguments nobody but a developer reads, or no one. */
const NOT_SHOWN = /^(log|info|warn|error|debug|trace|get|set|querySelector|createOutputChannel)$/;
const TWO_WORDS = /[a-z]{2,}[,:]? [a-zA-Z]{2,}|[a-zA-Z]{2,} \{\d+\}/;
const WORD = /[A-Za-z]{2,}/;

/** The text of a literal that people see as it stands. */
function shownLiteral(node: Node, parents: readonly Node[]): string | undefined {
  if (!isText(node)) return undefined;
  const [parent, ...others] = [...parents].reverse();
  // Codes are compared, people are not shown that.
  if (!parent || /^(Import|Export|Binary)/.test(parent.type)) return undefined;
  if (lookedUp(parent)?.includes(node)) return undefined;
  const text = template(node);
  if (parent.type === "TaggedTemplateExpression" || /^<!DOCTYPE/.test(text)) {
    return shownHtml(text);
  }
  const words = text.replace(/\{\d+\}/g, "");
  if (!WORD.test(words)) return undefined;
  const calls = [parent, ...others].map(calleeOf).filter((name) => name !== undefined);
  if (calls[0] !== undefined && NOT_SHOWN.test(calls[0]) && !SHOWING.test(calls[0])) {
    return undefined;
  }
  const property = [parent, ...others].find(({ type }) => type === "Property");
  const member = property ? String((property.key as Node).name) : "";
  if (HIDDEN.test(member)) return undefined;
  const shown =
    TWO_WORDS.test(text) ||
    (SHOWN.test(member) && parent === property) ||
    (calls[0] !== undefined && SHOWING.test(calls[0])) ||
    (parent.type === "AssignmentExpression" &&
      /^(textContent|message|title)$/.test(
        String(((parent.left as Node).property as Node | undefined)?.name),
      ));
  return shown ? text : undefined;
}

/** HTML around texts: what it says itself, outside of tags and in attributes that are read out. */
function shownHtml(html: string): string | undefined {
  const said = [
    html.replace(/<[^>]*>/g, ""),
    ...[...html.matchAll(/(?:aria-label|placeholder|title|alt)="([^"]*)"/g)].map(
      ([, text]) => text,
    ),
  ].map((text) => text!.replace(/\{\d+\}/g, "").trim());
  return said.find((text) => WORD.test(text));
}

/** What errors for users say, with `{0}`, `{1}`, ... for values; texts that are put together are one. */
export function userErrors(sources: readonly Source[]): ReadonlySet<string> {
  const found = new Set<string>();
  for (const source of sources) {
    visit(parse(source), [], (node) => {
      if (node.type !== "NewExpression" || calleeOf(node) !== "UserError") return;
      for (const text of textsOf((node.arguments as Node[])[0])) found.add(text);
    });
  }
  return found;
}

/** Of an expression that is a text; none where it is computed. */
function textsOf(node: Node | undefined): string[] {
  if (!node) return [];
  if (isText(node)) return [template(node)];
  if (node.type === "ConditionalExpression") {
    return [...textsOf(node.consequent as Node), ...textsOf(node.alternate as Node)];
  }
  if (node.type !== "BinaryExpression") return [];
  const [left] = textsOf(node.left as Node);
  const [right] = textsOf(node.right as Node);
  if (left === undefined || right === undefined) return [];
  const shift = (left.match(/\{\d+\}/g) ?? []).length;
  return [left + right.replace(/\{(\d+)\}/g, (_, at) => `{${Number(at) + shift}}`)];
}
