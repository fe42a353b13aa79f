/**
 * Rows of the trees, as data: what they say and lead to, with no VS Code in it. `tree.ts` renders
 * them.
 */
import { counted } from "../base/words.ts";
import type { Snapshot } from "../debug/snapshot.ts";
import type { Bitmap, BitmapBit, Coroutine, Hart, Place, Thread, Variable } from "../wire.ts";

/** What commands of a row act on. */
export type Target =
  | { readonly kind: "hart"; readonly hart: Hart }
  | { readonly kind: "coroutine"; readonly coroutine: Coroutine }
  | { readonly kind: "thread"; readonly thread: Thread }
  | { readonly kind: "bit"; readonly bitmap: Bitmap; readonly bit: BitmapBit }
  /** Something in memory, as the daemon takes it. */
  | { readonly kind: "address"; readonly address: string };

export interface Icon {
  /** A codicon. */
  readonly id: string;
  /** A theme colour. */
  readonly color?: string;
}

export interface Row {
  /** The same for the same thing at every stop, so that it stays expanded; unique in its view. */
  readonly id: string;
  readonly label: string;
  readonly description?: string;
  /** What a screen reader says after the label, where the description leaves to icons what it can. */
  readonly spoken?: string;
  /** Lines of the hover. */
  readonly tooltip?: readonly string[];
  readonly icon?: Icon;
  /** Words for the `when` clauses of menus. */
  readonly context?: string;
  /** Where a click leads. */
  readonly place?: Place;
  /** What a click does instead of leading to a place. */
  readonly action?: RowAction;
  /** Its name is in the colour of errors. */
  readonly wrong?: boolean;
  /** Further lines of the hover, asked for when it opens. */
  readonly more?: () => Promise<readonly string[]>;
  readonly target?: Target;
  readonly expanded?: boolean;
  readonly children?: () => Promise<readonly Row[]>;
}

/** Of a row; the command gets the argument, or else the row. */
export interface RowAction {
  readonly command:
    | "asyncos.showCoroutines"
    | "asyncos.showMoreCoroutines"
    | "asyncos.toggleBitBreak";
  readonly argument?: string | undefined;
}

/** The roots of one view. */
export type Roots = (snapshot: Snapshot) => Promise<readonly Row[]>;

/** `1 coroutine`, `2 coroutines`. */
export const coroutinesText = (many: number): string =>
  counted(many, "{0} coroutine", "{0} coroutines");
export const threadsText = (many: number): string => counted(many, "{0} thread", "{0} threads");
export const wakersText = (many: number): string => counted(many, "{0} waker", "{0} wakers");

/** `ring.rs:41`. */
export function shortPlace(place: Place): string {
  return `${place.path.slice(Math.max(place.path.lastIndexOf("/"), place.path.lastIndexOf("\\")) + 1)}:${place.line}`;
}

/** `ring::pass` of `kernel::workload::ring::pass::{async_fn#0}`: enough to know it by in a narrow view. */
export function shortName(name: string): string {
  const parts = name.split("::").filter((part) => !part.startsWith("{"));
  // Generic arguments and trait paths have `::` within; cutting them would be wrong.
  return /[<>]/.test(name) || parts.length === 0 ? name : parts.slice(-2).join("::");
}

/** Parts that are known, set off by dots. */
export function join(...parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== "").join(" · ");
}

/** As the daemon takes an address that means something in one process only. */
export const addressIn = (process: number | undefined, address: string): string =>
  process === undefined ? address : `${address}@${process}`;

/** The row that counts what was left out; none when nothing was. */
export function hiddenRows(parent: string, hidden: number): readonly Row[] {
  if (hidden <= 0) return [];
  const label = counted(hidden, "{0} not shown", "{0} not shown");
  return [{ id: `${parent}/hidden`, label, icon: { id: "ellipsis" } }];
}

/** A DAP variable, with its members below it. */
export function variableRow(parent: string, variable: Variable, snapshot: Snapshot): Row {
  const id = `${parent}/${variable.name}`;
  const { variablesReference } = variable;
  return {
    id,
    label: variable.name,
    description: variable.value,
    tooltip: [`${variable.name} = ${variable.value}`, ...(variable.type ? [variable.type] : [])],
    icon: { id: "symbol-variable" },
    ...(variable.memoryReference !== undefined && {
      context: "address",
      target: { kind: "address" as const, address: variable.memoryReference },
    }),
    ...(variablesReference > 0 && {
      children: async () =>
        (await snapshot.variables(variablesReference)).map((each) =>
          variableRow(id, each, snapshot),
        ),
    }),
  };
}
