/** What the daemon says, in the user's language. */
import { afterAll, beforeAll, expect, test } from "vitest";
import chinese from "../../extension/l10n/bundle.l10n.zh-cn.json" with { type: "json" };
import { heard } from "../../extension/src/base/heard.ts";
import { counted, number, speak, t } from "../../extension/src/base/words.ts";
import { Hearing } from "../../extension/src/debug/hearing.ts";
import { IN_USERS_WORDS } from "../../extension/src/language/hearing.ts";

const ENGLISH = { tag: "en", texts: {} };
beforeAll(() => speak({ tag: "zh-cn", texts: chinese }));
afterAll(() => speak(ENGLISH));

test.each([
  ["ready", "就绪"],
  ["Hart 3 is frozen: thaw it first.", "硬件线程 3 已冻结：请先解冻它。"],
  ["There is no hart 9: the machine has 4.", "没有硬件线程 9：机器共有 4 个。"],
  ["the bit is clear, but its queue holds 3", "该位为零，但其队列中有 3 个"],
  ["nothing named `a.b` is in scope here", "此处的作用域中没有名为 `a.b` 的内容"],
  ["executor 1 of process 3 init", "执行器 1（进程 3 init）"],
  [
    '/a/b.rs is not on this host. Looked for:\n  /x/b.rs\nSay where it is by the launch option "sourceMap"',
    "/a/b.rs 不在本机上。已查找：\n  /x/b.rs\n请用启动选项“sourceMap”指明它的位置",
  ],
  [
    "`ring::pass`: async fn, a coroutine of 96 bytes. It waits at the lines 3, 4.",
    "`ring::pass`：异步函数，协程大小为 96 字节。它在第 3, 4 行等待。",
  ],
  [
    "```rust\nx: u8 = 1\n```\nin coroutine 7 `ring::pass`, the selected one",
    "```rust\nx: u8 = 1\n```\n位于所选的协程 7 `ring::pass` 中",
  ],
  // Nobody has said this: it stays.
  ["a_name_of_the_program", "a_name_of_the_program"],
  ["", ""],
])("%s", (text, expected) => expect(heard(text)).toBe(expected));

test("parts are where the language has them, and numbers of one are like those of many", () => {
  expect(t("Bit {0} of {1}: {2}", 3, "map", "x")).toBe("map 的位 3：x");
  expect([1, 2].map((many) => counted(many, "{0} coroutine", "{0} coroutines"))).toEqual([
    "1 个协程",
    "2 个协程",
  ]);
  expect(number(1234567)).toBe("1,234,567");
});

const hear = <Message extends object>(message: Message) => new Hearing().hear(message);
const stopped = (body: object) => ({ type: "event", event: "stopped", body });
const wake = { kind: "wake", coroutine: 17, prio: 2, hart: 1, time: "9" };

test.each([
  [
    stopped({ reason: "step", description: "Step", text: "Step", threadId: 1 }),
    { reason: "step", description: "单步", text: "单步", threadId: 1 },
  ],
  [
    stopped({
      description: "Wake of 17; breakpoint",
      text: "Wake of coroutine 17 (priority 2) on hart 1; breakpoint",
      events: [wake],
    }),
    { description: "唤醒 17；断点", text: "唤醒：协程 17，优先级 2，硬件线程 1；断点" },
  ],
  [
    stopped({
      description: "Bitmap update",
      text: "Bitmap coroutines 0b1 -> 0b11 (bit 1 set) on hart 0",
      events: [{ kind: "bitmap", bitmap: "coroutines", old: "0x1", new: "0x3", hart: 0 }],
    }),
    { description: "位图更新", text: "位图更新：coroutines，0b1 → 0b11，硬件线程 0" },
  ],
  [
    stopped({ description: "Seen written", text: "Seen written: 0x1 -> 0x2" }),
    { description: "Seen 被写入", text: "Seen 被写入：0x1 -> 0x2" },
  ],
])("%j", (message, body) => {
  expect(hear(message).body).toMatchObject(body);
});

test("names of filters and scopes, messages of breakpoints, errors", () => {
  const response = (command: string, body: object, success = true) =>
    hear({ type: "response", command, success, body });
  const filter = { filter: "wake", label: "Wake", default: false };
  expect(response("initialize", { exceptionBreakpointFilters: [filter] }).body).toEqual({
    exceptionBreakpointFilters: [{ ...filter, label: "唤醒" }],
  });
  expect(response("scopes", { scopes: [{ name: "Locals" }, { name: "CSRs" }] }).body).toEqual({
    scopes: [{ name: "局部变量" }, { name: "CSRs" }],
  });
  const threads = [
    { id: 1, name: "hart 0: running, frozen, thread coroutines-0, coroutine 7 ring::pass" },
    { id: 9, name: "thread 3 main: blocked" },
    { id: 12, name: "coroutine 3:17 a::b: waiting" },
  ];
  expect(response("threads", { threads }).body).toEqual({
    threads: [
      { id: 1, name: "硬件线程 0：运行中，已冻结，线程 coroutines-0，协程 7 ring::pass" },
      { id: 9, name: "线程 3 main：阻塞" },
      { id: 12, name: "协程 3:17 a::b：等待中" },
    ],
  });
  const frames = [
    { id: 1, name: "run::poll [line unknown; suspended]" },
    { id: 2, name: "<[u8] as Copy>::copy" },
    { id: 3, name: "spawned at" },
  ];
  expect(response("stackTrace", { stackFrames: frames }).body).toEqual({
    stackFrames: [
      { id: 1, name: "run::poll [行号未知；已挂起]" },
      { id: 2, name: "<[u8] as Copy>::copy" },
      { id: 3, name: "创建于" },
    ],
  });
  const message = "All harts are frozen: thaw one first.";
  const error = { id: 1, format: "{_text}", variables: { _text: message }, showUser: true };
  expect(response("next", { error }, false)).toMatchObject({
    message: "所有硬件线程都已冻结：请先解冻一个。",
    body: {
      error: { format: "{_text}", variables: { _text: "所有硬件线程都已冻结：请先解冻一个。" } },
    },
  });
});

test("what stopped at an event is said as the stop was", () => {
  const hearing = new Hearing();
  hearing.hear(stopped({ threadId: 2, text: "Wake of coroutine 17", events: [wake] }));
  hearing.hear(stopped({ threadId: 1, text: "Step" }));
  hearing.asked({ seq: 7, command: "exceptionInfo", arguments: { threadId: 2 } });
  const answer = { type: "response", command: "exceptionInfo", request_seq: 7, success: true };
  expect(hearing.hear({ ...answer, body: { exceptionId: "wake", description: "x" } }).body).toEqual(
    {
      exceptionId: "wake",
      description: "唤醒：协程 17，优先级 2，硬件线程 1",
    },
  );
});

test("what the language server says at sources", async () => {
  const token = undefined as never;
  const document = undefined as never;
  const lenses = await IN_USERS_WORDS.provideCodeLenses!(
    document,
    token,
    () =>
      [
        { command: { title: "12 live: 3 ready, 9 waiting", command: "x" } },
        { command: { title: "async fn, 96 bytes, 2 awaits", command: "" } },
        {},
      ] as never,
  );
  expect(lenses?.map(({ command }) => command?.title)).toEqual([
    "12 个存活：3 个就绪，9 个等待中",
    "异步函数，96 字节，2 个等待点",
    undefined,
  ]);
  const hover = await IN_USERS_WORDS.provideHover!(
    document,
    token,
    token,
    () =>
      ({
        contents: [
          { value: "Coroutine 4 is suspended at this `.await` in `f`.\n\nsomething else" },
        ],
      }) as never,
  );
  expect(hover?.contents).toEqual([
    { value: "协程 4 挂起在 `f` 的这个 `.await` 处。\n\nsomething else" },
  ]);
});

test("in English a message is the daemon's own", () => {
  speak(ENGLISH);
  const message = stopped({ description: "Step" });
  expect(hear(message)).toBe(message);
});
