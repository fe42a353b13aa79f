/**
 * Makes a checkout ready to use: installs the dependencies and builds the bundles, each only when
 * it is missing or out of date. Needs Node and npm alone; says nothing when there is nothing to do.
 *
 *   node daemon/scripts/setup.mjs [WORKSPACE...]     default: every workspace that has a build
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const MINIMUM_NODE = 20;
/** Workspaces with a bundle: what it is made from, besides the dependencies. */
const BUNDLES = {
  daemon: { sources: ["daemon/src", "daemon/scripts"], build: "daemon/scripts/build.mjs" },
  extension: {
    sources: ["extension/src", "extension/scripts"],
    build: "extension/scripts/build.mjs",
  },
};

main(process.argv.slice(2));

function main(names) {
  const major = Number(process.versions.node.split(".")[0]);
  if (major < MINIMUM_NODE) {
    fail(`Node ${MINIMUM_NODE} or newer is needed; this is ${process.version}.`);
  }
  for (const name of names) {
    if (!(name in BUNDLES)) {
      fail(`${name} is no workspace with a build; there are: ${Object.keys(BUNDLES).join(", ")}.`);
    }
  }
  const lock = hash(readFileSync(join(root, "package-lock.json")));
  install(lock);
  for (const [name, bundle] of Object.entries(BUNDLES)) {
    if ((names.length === 0 || names.includes(name)) && existsSync(join(root, bundle.build))) {
      build(name, bundle, lock);
    }
  }
}

/** `npm ci`, unless what is installed is what the lock file asks for. */
function install(lock) {
  const stamp = join(root, "node_modules", ".setup-stamp");
  const wanted = `${lock} ${process.platform}-${process.arch}\n`;
  if (read(stamp) === wanted && existsSync(join(root, "node_modules", "esbuild"))) return;
  if (!installedByHand()) {
    say("Installing dependencies (npm ci) ...");
    npm(["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
  }
  writeFileSync(stamp, wanted);
}

/**
 * Whether someone ran npm already: npm leaves what it installed in a lock file of its own. A package
 * that is optional may be missing there (another platform's binaries).
 */
function installedByHand() {
  const installed = json(join(root, "node_modules", ".package-lock.json"))?.packages;
  const asked = json(join(root, "package-lock.json"))?.packages;
  if (!installed || !asked) return false;
  return Object.entries(asked).every(([path, entry]) => {
    if (!path.startsWith("node_modules/")) return true;
    const found = installed[path];
    if (!found) return entry.optional === true;
    return found.version === entry.version && existsSync(join(root, path));
  });
}

/** Builds a bundle when a source, the build script or a dependency changed since the last build. */
function build(name, bundle, lock) {
  const stamp = join(root, name, "dist", ".setup-stamp");
  const digest = createHash("sha256").update(lock);
  for (const source of bundle.sources) describe(join(root, source), digest);
  const wanted = `${digest.digest("hex")}\n`;
  if (read(stamp) === wanted) return;
  say(`Building ${name} ...`);
  const result = spawnSync(process.execPath, [join(root, bundle.build)], {
    cwd: join(root, name),
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (result.status !== 0) fail(`building ${name} failed (${relative(root, bundle.build)}).`);
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, wanted);
}

/** Adds the names, sizes and times of every file below a folder to the digest. */
function describe(folder, digest) {
  if (!existsSync(folder)) return;
  const entries = readdirSync(folder, { withFileTypes: true });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) describe(path, digest);
    else {
      const { size, mtimeMs } = statSync(path);
      digest.update(`${relative(root, path)} ${size} ${mtimeMs}\n`);
    }
  }
}

function npm(args) {
  // Under `npm start` npm says where it is itself; else its command is on PATH (a .cmd on Windows,
  // which only a shell starts).
  const script = process.env.npm_execpath;
  const options = { cwd: root, stdio: ["ignore", "ignore", "inherit"] };
  const result = script?.endsWith(".js")
    ? spawnSync(process.execPath, [script, ...args], options)
    : spawnSync("npm", args, { ...options, shell: process.platform === "win32" });
  if (result.error) fail(`npm cannot be started (${result.error.message}).`);
  if (result.status !== 0) {
    fail(`npm ${args[0]} failed; its message is above. Is the package registry reachable?`);
  }
}

function read(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

function json(path) {
  const text = read(path);
  return text === undefined ? undefined : JSON.parse(text);
}

function hash(bytes) {
  return createHash("sha256").update(bytes).digest("hex");
}

function say(text) {
  process.stderr.write(`setup: ${text}\n`);
}

function fail(text) {
  say(text);
  process.exit(1);
}
