/**
 * Whole sessions as text, held against files: what the user sees, request by request. Addresses are
 * left out and source lines stand as their text, so that only a change of behaviour changes a file.
 * After a change that is meant: `npx vitest run tests/dap/golden.test.ts --update`, and read the diff.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { type Body, Client, lineOf, root, sources } from "./support.ts";

class Script {
  readonly client = new Client();
  threadId = 1;
  readonly #lines: string[] = [];

  write(text: string): void {
    this.#lines.push(text.replaceAll(root, "").replace(/0x[0-9a-f]{4,}/g, "0x*"));
  }

  /** `executor/run.rs | the line's text`. */
  place(path: string | undefined, line: number | undefined): string {
    if (!path || !line) return "no source";
    const name = path.split("/").slice(-2).join("/");
    if (!path.startsWith(sources)) return `${name} (not here)`;
    return `${name} | ${readFileSync(path, "utf8").split("\n")[line - 1]!.trim()}`;
  }

  async stack(threadId = this.threadId): Promise<void> {
    for (const frame of await this.client.frames(threadId)) {
      this.write(`    ${frame.name} - ${this.place(frame.source?.path, frame.line)}`);
    }
  }

  /** Sends what makes the machine run, and tells the stop. */
  async run(command: string, args: object = {}): Promise<void> {
    this.write(`> ${command} ${JSON.stringify(args)}`);
    await this.client.request(command, { threadId: this.threadId, ...args });
    const stop = await this.client.stopped();
    this.threadId = stop.threadId;
    this.write(`* ${stop.reason}: ${stop.text} (thread ${stop.threadId})`);
  }

  async show(command: string, args: object, rows: (body: Body) => string[]): Promise<void> {
    this.write(`> ${command} ${JSON.stringify(args)}`);
    for (const row of rows(await this.client.request(command, args))) this.write(`    ${row}`);
  }

  async matches(name: string): Promise<void> {
    this.client.close();
    expect(this.client.logged).toEqual([]);
    await expect(`${this.#lines.join("\n")}\n`).toMatchFileSnapshot(
      join(import.meta.dirname, `golden/${name}.txt`),
    );
  }
}

it("a wake, a bitmap update, the executor's queues, steps over an await", async () => {
  const script = new Script();
  const { client } = script;
  const options = { harts: 1, append: "workload=ring coroutines=3 rounds=2", stopOnEntry: true };
  await client.launch(options, () => client.request("setExceptionBreakpoints", { filters: [] }));
  await client.stopped();
  script.write(`launched ${JSON.stringify(options)}`);
  await script.stack();

  const filters = (...filterOptions: object[]) =>
    script.show("setExceptionBreakpoints", { filterOptions }, ({ breakpoints }) =>
      breakpoints.map((status: Body) => JSON.stringify(status)),
    );
  await filters({ filterId: "wake", condition: "coroutine == 3" });
  await script.run("continue");
  await script.stack();
  await script.show("threads", {}, ({ threads }) =>
    threads.map(({ id, name }: Body) => `${id} ${name}`),
  );
  await script.show("asyncos/awaitStack", { coroutine: 3 }, ({ frames }) =>
    frames.map((frame: Body) => `${frame.name} - ${script.place(frame.path, frame.line)}`),
  );
  await script.show("asyncos/coroutines", {}, ({ coroutines }) =>
    coroutines.map(
      ({ id, name, state, priority, awaiting }: Body) =>
        `${id} ${name} ${state} priority ${priority} - ${script.place(awaiting?.path, awaiting?.line)}`,
    ),
  );
  await filters({ filterId: "bitmap", condition: "new > old && prio == 3" });
  await script.run("continue");
  await script.show("asyncos/executors", {}, ({ executors }) =>
    executors.flatMap(({ name, queues, current }: Body) => [
      `${name} polls ${current ?? "nothing"}`,
      ...queues.map(
        ({ priority, coroutines, bit }: Body) => `${priority} ${bit ? "x" : "."} ${coroutines}`,
      ),
    ]),
  );
  await filters();
  const line = lineOf("src/workload/ring.rs", "inbox.receive().await");
  await client.request("setBreakpoints", {
    source: { path: join(sources, "src/workload/ring.rs") },
    breakpoints: [{ line, condition: "coroutine == 3" }],
  });
  await script.run("continue");
  await client.request("setBreakpoints", {
    source: { path: join(sources, "src/workload/ring.rs") },
    breakpoints: [],
  });
  for (let n = 0; n < 5; n += 1) {
    await script.run("next");
    const [frame] = await client.frames(script.threadId);
    script.write(`    ${frame.name} - ${script.place(frame.source?.path, frame.line)}`);
  }
  const [frame] = await client.frames(script.threadId);
  script.write(`    rounds=${(await client.locals(frame.id)).rounds}`);
  await script.matches("ring");
});

it("a panic deep in awaits", async () => {
  const script = new Script();
  const { client } = script;
  await client.launch({ harts: 1, append: "workload=panic" });
  const stop = await client.stopped();
  script.threadId = stop.threadId;
  script.write(`* ${stop.reason}: ${stop.text} (thread ${stop.threadId})`);
  await script.stack();
  await script.show("exceptionInfo", { threadId: stop.threadId }, (info) => [JSON.stringify(info)]);
  await client.request("continue", { threadId: 1 });
  script.write(`* exited ${JSON.stringify((await client.event("exited")).body)}`);
  await script.matches("panic");
});
