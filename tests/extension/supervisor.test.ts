/** The daemon's life as the window sees it: one at a time, again after a death, gone at the end. */
import { expect, test, vi } from "vitest";
import { Supervisor } from "../../extension/src/daemon/supervisor.ts";

class FakeProcess {
  line: (line: string) => void = () => {};
  errorLine: (line: string) => void = () => {};
  exit: (how: string) => void = () => {};
  ended = false;

  onLine(listener: (line: string) => void) {
    this.line = listener;
  }
  onErrorLine(listener: (line: string) => void) {
    this.errorLine = listener;
  }
  onExit(listener: (how: string) => void) {
    this.exit = listener;
  }
  end() {
    this.ended = true;
  }
  ready(pid: number) {
    this.line(JSON.stringify({ url: `ws://127.0.0.1:${pid}`, port: pid, token: "t", pid }));
  }
}

function setUp() {
  const launched: FakeProcess[] = [];
  const timers: { run: () => void; calledOff: boolean }[] = [];
  const log: string[] = [];
  const supervisor = new Supervisor({
    launch: () => {
      launched.push(new FakeProcess());
      return launched.at(-1)!;
    },
    log: (line) => log.push(line),
    patience: 20_000,
    later: (_milliseconds, run) => {
      const timer = { run, calledOff: false };
      timers.push(timer);
      return () => {
        timer.calledOff = true;
      };
    },
  });
  return { supervisor, launched, timers, log };
}

test("nothing runs before it is needed, and one serves all", async () => {
  const { supervisor, launched } = setUp();
  expect(launched).toHaveLength(0);
  const both = [supervisor.endpoint(), supervisor.endpoint()];
  expect(launched).toHaveLength(1);
  launched[0]!.line("a line of log");
  launched[0]!.ready(17);
  expect((await Promise.all(both)).map(({ pid }) => pid)).toEqual([17, 17]);
  await supervisor.endpoint();
  expect(launched).toHaveLength(1);
});

test("a daemon that died is replaced at the next need", async () => {
  const { supervisor, launched } = setUp();
  const first = supervisor.endpoint();
  launched[0]!.ready(17);
  await first;
  launched[0]!.exit("was ended by SIGKILL");
  const second = supervisor.endpoint();
  launched[1]!.ready(18);
  expect((await second).pid).toBe(18);
});

test("a daemon that cannot be reached is replaced, once", async () => {
  const { supervisor, launched } = setUp();
  const tried: number[] = [];
  const open = async ({ pid }: { pid: number }) => {
    tried.push(pid);
    if (pid !== 18) throw new Error(`${pid} cannot be reached`);
    return pid;
  };
  const opened = supervisor.connect(open);
  launched[0]!.ready(17);
  await vi.waitFor(() => expect(launched).toHaveLength(2));
  launched[1]!.ready(18);
  expect(await opened).toBe(18);
  expect(launched[0]!.ended).toBe(true);
  // The late news of the first one's end do not touch the second.
  launched[0]!.exit("was ended by SIGTERM");
  expect(await supervisor.connect(open)).toBe(18);
  expect(tried).toEqual([17, 18, 18]);
});

test("a second daemon that cannot be reached either is an error", async () => {
  const { supervisor, launched } = setUp();
  const opened = supervisor.connect(({ pid }) => Promise.reject(new Error(`no ${pid}`)));
  launched[0]!.ready(17);
  await vi.waitFor(() => expect(launched).toHaveLength(2));
  launched[1]!.ready(18);
  await expect(opened).rejects.toThrow("no 18");
});

test("a daemon that does not start is not tried again", async () => {
  const { supervisor, launched } = setUp();
  const opened = supervisor.connect(async () => "open");
  launched[0]!.exit("The AsyncOS daemon exited with code 1.");
  await expect(opened).rejects.toThrow("exited with code 1");
  expect(launched).toHaveLength(1);
});

test("a death before it was ready is an error with its last words", async () => {
  const { supervisor, launched } = setUp();
  const endpoint = supervisor.endpoint();
  for (const word of ["one", "two", "three", "four"]) launched[0]!.errorLine(word);
  launched[0]!.exit("The AsyncOS daemon exited with code 3.");
  await expect(endpoint).rejects.toThrow("The AsyncOS daemon exited with code 3. two three four");
});

test("silence is an error, and the silent process is ended", async () => {
  const { supervisor, launched, timers } = setUp();
  const endpoint = supervisor.endpoint();
  timers[0]!.run();
  await expect(endpoint).rejects.toThrow("did not get ready within 20 seconds");
  expect(launched[0]!.ended).toBe(true);
  void supervisor.endpoint();
  expect(launched).toHaveLength(2);
});

test("the patience ends with the ready line", async () => {
  const { supervisor, launched, timers } = setUp();
  const endpoint = supervisor.endpoint();
  launched[0]!.ready(17);
  await endpoint;
  expect(timers[0]!.calledOff).toBe(true);
});

test("the end waits for the process and forbids another", async () => {
  const { supervisor, launched } = setUp();
  const endpoint = supervisor.endpoint();
  launched[0]!.ready(17);
  await endpoint;
  let over = false;
  const end = supervisor.end().then(() => {
    over = true;
  });
  await Promise.resolve();
  expect([launched[0]!.ended, over]).toEqual([true, false]);
  launched[0]!.exit("was ended by SIGTERM");
  await end;
  await expect(supervisor.endpoint()).rejects.toThrow("shutting down");
});

test("the end without a daemon is immediate", async () => {
  await setUp().supervisor.end();
});
