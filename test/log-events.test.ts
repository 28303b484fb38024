import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { LOG_EVENTS, LOG_LEVELS, LOG_MEANINGS, type LogLevel } from '../server/wire/log-events.js';

type Half = keyof typeof LOG_EVENTS;

/** A line that the code logs. */
interface Logged {
  readonly file: string;
  readonly level: LogLevel;
  readonly event: string;
}

/** Calls whose event is a variable, by file and text of the variable: the events that it may be. */
const VARIABLES: Readonly<Record<string, readonly string[]>> = {
  'server/gate/ssh/login-record.ts: kind': ['session.opened', 'session.closed'],
  // It passes on what others log by it.
  'server/gate/ssh/rate-limited-log.ts: event': [],
};

/** What each line has: a field of that name would stand in it twice. */
const OF_EACH_LINE: readonly string[] = ['level', 'time', 'pid', 'half', 'msg', 'means'];

/** What has the name of a level and is no line of a log. */
const NO_LOGS: readonly string[] = ['this.#callbacks.warn'];

/** Which tables a file may log from. */
const HALVES: readonly (readonly [folder: string, halves: readonly Half[]])[] = [
  ['server/wire/', ['both']],
  ['server/gate/', ['both', 'gate']],
  ['server/dom0/', ['both', 'dom0']],
  ['server/cli/admin/policy-files.ts', ['both', 'gate']],
  ['server/cli/half/', ['both', 'gate', 'dom0']],
];

function isLevel(name: string): name is LogLevel {
  return LOG_LEVELS.some((level) => level === name);
}

/** All that the text of a file logs. @throws AssertionError when a call does not say what */
function loggedIn(file: string, text: string): Logged[] {
  const found: Logged[] = [];
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest);
  const place = (node: ts.Node): string => `${file}: ${node.getText(source)}`;
  const events = (node: ts.Expression | undefined): readonly string[] => {
    if (node === undefined) return assert.fail(`${file}: a line without an event`);
    if (ts.isStringLiteral(node)) return [node.text];
    if (ts.isConditionalExpression(node)) return [node.whenTrue, node.whenFalse].flatMap(events);
    return VARIABLES[place(node)] ?? assert.fail(`${place(node)}: name the event`);
  };
  const look = (node: ts.Node): void => {
    if (ts.isCallExpression(node)) {
      const { expression: called, arguments: given } = node;
      if (ts.isElementAccessExpression(called) && /\blog(ger)?\b/i.test(called.expression.getText(source)))
        assert.fail(`${place(called)}: name the level`);
      if (ts.isPropertyAccessExpression(called) && isLevel(called.name.text)) {
        const level = called.name.text;
        if (!NO_LOGS.includes(called.getText(source)))
          for (const event of events(given.at(-1))) found.push({ file, level, event });
        if (given[0] !== undefined && ts.isObjectLiteralExpression(given[0]))
          for (const { name } of given[0].properties)
            if (name !== undefined && OF_EACH_LINE.includes(name.getText(source)))
              assert.fail(`${place(node)}: each line has ${name.getText(source)} already`);
      }
    }
    ts.forEachChild(node, look);
  };
  look(source);
  return found;
}

describe('the events of the log', () => {
  const tables = Object.entries(LOG_EVENTS).flatMap(([half, levels]) =>
    LOG_LEVELS.flatMap((level) =>
      Object.entries(levels[level]).map(([event, means]) => ({ half: half as Half, level, event, means })),
    ),
  );
  const files = readdirSync('server', { recursive: true, encoding: 'utf8' })
    .map((file) => join('server', file))
    .filter((file) => file.endsWith('.ts') && !file.startsWith('server/simulator/'));
  let logged: readonly Logged[] = [];

  before(() => {
    // A text without such a call is not worth parsing.
    const call = new RegExp(`\\.(?:${LOG_LEVELS.join('|')})\\b|log(?:ger)?\\[`, 'i');
    logged = files
      .map((file) => [file, readFileSync(file, 'utf8')] as const)
      .filter(([, text]) => call.test(text))
      .flatMap(([file, text]) => loggedIn(file, text));
  });

  it('have names in one form, each once, and a sentence', () => {
    assert.equal(new Set(tables.map(({ event }) => event)).size, tables.length);
    for (const { event, means } of tables) {
      assert.match(event, /^[a-z0-9]+(-[a-z0-9]+)*\.[a-z0-9]+(-[a-z0-9]+)*$/);
      assert.match(means, /^[A-Za-z`][^|\n]*\.$/, event);
    }
  });

  it('are those that the code logs, at their level and by their half', () => {
    assert.ok(logged.length > 150, `${logged.length}`);
    for (const { file, level, event } of logged) {
      const found = tables.find((row) => row.event === event) ?? assert.fail(`${file}: ${event}`);
      const [, halves] = HALVES.find(([folder]) => file.startsWith(folder)) ?? assert.fail(file);
      assert.ok(halves.includes(found.half), `${file}: ${event} is logged by ${found.half}`);
      // What goes on is told again at `debug`.
      assert.ok(level === found.level || level === 'debug', `${file}: ${event} at ${level}`);
    }
  });

  it('are all logged somewhere, at the level of their table', () => {
    const said = new Set(logged.map(({ level, event }) => `${level} ${event}`));
    assert.deepEqual(
      tables.map(({ level, event }) => `${level} ${event}`).filter((row) => !said.has(row)),
      [],
    );
  });

  it('have their words in each line at `warn` and above', () => {
    for (const { event, level, means } of tables)
      assert.equal(LOG_MEANINGS.get(event), level === 'info' || level === 'debug' ? undefined : means);
  });

  it('are found by this test wherever they stand', () => {
    const one =
      "const a = () => ok && this.#parts.log?.warn(\n  { err: x('a', 'b') },\n  isIt ? 'a.b' : 'c.d',\n)";
    assert.deepEqual(
      loggedIn('a.ts', one).map(({ level, event }) => [level, event]),
      [
        ['warn', 'a.b'],
        ['warn', 'c.d'],
      ],
    );
    for (const bad of ['log.info({}, `the ${domain}`)', 'log.error(fields, said)', "log[level]({}, 'a.b')"])
      assert.throws(() => loggedIn('a.ts', bad), assert.AssertionError, bad);
  });

  it('are all that the halves write', () => {
    const raw = /\bconsole\.(?:log|error|warn|info|debug)\(|process\.stderr\b/;
    for (const file of files.filter((name) => /^server\/(gate|dom0|wire|store)\//.test(name)))
      assert.doesNotMatch(readFileSync(file, 'utf8'), raw, file);
  });
});
