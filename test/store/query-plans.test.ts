import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Sqlite from 'better-sqlite3';
import { keepingItsPlan, Sql } from '../../server/store/database.js';
import { LiveState } from '../../server/store/live-state.js';
import { UsageHistory } from '../../server/store/usage-history.js';
import { TemporaryStore } from '../support/temporary-store.js';

/** Statements that read a whole table, and why that is right. The audit log is none of them. */
const WHOLE: readonly (readonly [statement: RegExp, why: string])[] = [
  [/^SELECT id, name, since, .* FROM customer ORDER BY name$/, 'the list of all customers'],
  [/^SELECT customer\.name .* FROM customer JOIN key .* ORDER BY customer\.name/, 'the list of all keys'],
  [/ FROM authority ORDER BY name$/, 'the list of all CAs: at most 100'],
  [/ FROM domain ORDER BY name$/, 'the list of all domains'],
  [/^SELECT DISTINCT domain FROM parameter /, 'the list of all parameters, for declarations'],
  [/ FROM domain WHERE retired_at >= \? AND retired_why = 'gone'$/, 'goes with a look at all domains'],
  [/^SELECT value AS name FROM json_each/, 'compares all domains'],
  [/ FROM identity ORDER BY domain, host$/, 'the list of all identities'],
  [/ FROM maintenance$/, 'one row'],
  [/ FROM operation_grounds JOIN customer /, 'the few operations that wait on a host, once at a start'],
  [/^SELECT domain FROM leaving$/, 'the list of the domains that move'],
  [
    /^SELECT DISTINCT channel FROM notice WHERE message IS NULL UNION/,
    'the notices that wait, once at a start',
  ],
  [
    / FROM notice_message LEFT JOIN customer .* ORDER BY made_at DESC LIMIT \?$/,
    'the last messages, from the end',
  ],
  [/^SELECT made_at FROM notice_message ORDER BY made_at DESC/, 'the two thousandth last message'],
  [/^SELECT seq FROM sqlite_sequence/, 'one row'],
  [/ FROM sqlite_schema /, 'the triggers'],
  [/^SELECT id, worker, about FROM (session|connection)/, 'the list of all sessions and connections'],
  [/ FROM attachment WHERE until IS NULL GROUP BY action$/, 'the number of all attachments'],
  [/ FROM attachment WHERE until IS NULL ORDER BY since$/, 'the list of all attachments'],
  [/^DELETE FROM (connection|session|attachment) WHERE worker = \?$/, 'a worker has died'],
  [/^SELECT place, domain, uuid, first, seen FROM series$/, 'the places of all domains, once at a start'],
];

/** Statements that read the audit log from its end until they have enough. */
const FROM_THE_END = [
  /^SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1$/,
  /^SELECT [a-z, ]+ FROM audit ORDER BY seq DESC LIMIT \?$/,
  // Only with many rows since then (`MANY_SINCE`).
  /^SELECT [a-z, ]+ FROM audit WHERE \+at >= \? ORDER BY seq DESC LIMIT \?$/,
];

/** Indexes with few rows of the log, each read whole or from its end. */
const FEW = /^SCAN audit USING INDEX (audit_name_given_up|audit_backup)$/;

/** Statements of the audit log that must find their rows by the index that has them and no others. */
const BY_INDEX: readonly (readonly [statement: RegExp, index: string])[] = [
  [/ WHERE kind = 'domain\.denied' AND record/, 'audit_reference'],
  [/^SELECT seq FROM audit .* AND kind = 'key\.removed'/, 'audit_key'],
  [/^SELECT seq FROM audit .* AND kind = 'role\.removed'/, 'audit_role_removed'],
  [/ AND kind = 'customer\.renamed'/, 'audit_name_given_up'],
  [/^SELECT count\(\*\) AS n FROM audit AS intent WHERE customer = /, 'audit_customer_use'],
  [/^SELECT count\(\*\) AS n FROM audit AS intent WHERE domain = /, 'audit_domain_use'],
  [/^SELECT count\(\*\) AS n FROM audit AS intent WHERE source = /, 'audit_source_use'],
  [/^SELECT customer FROM audit WHERE operation = /, 'audit_operation'],
  [/^SELECT min\(seq\) AS first/, 'audit_at'],
  [/ FROM audit WHERE seq IN \(SELECT seq FROM open_intent\)/, 'INTEGER PRIMARY KEY'],
];

const STORE = fileURLToPath(new URL('../../server/store/', import.meta.url));

describe('store: how SQLite runs the statements', () => {
  let plans: ReadonlyMap<string, readonly string[]>;

  before(async () => {
    for (const file of readdirSync(STORE).filter((name) => name.endsWith('.js')))
      await import(`../../server/store/${file}`);
    const temporary = new TemporaryStore();
    const { audit } = temporary.store;
    // The reads of the log are made as they are asked for.
    const choices = [1, '2026', 'alice', 'horatio', 1] as const;
    for (let bits = 0; bits < 2 ** choices.length; bits += 1) {
      const given = choices.map((choice, at) => ((bits & (1 << at)) === 0 ? undefined : choice));
      const [after, since, customer, domain, fromSeq] = given;
      audit.tail({ after, since, customer, domain, fromSeq } as Parameters<typeof audit.tail>[0]);
    }
    const live = join(temporary.directory, 'live.db');
    LiveState.make(live).close();
    const usage = join(temporary.directory, 'usage.db');
    UsageHistory.open(usage).close();
    const sqlite = new Sqlite(temporary.file, { readonly: true });
    // The names of its tables are others.
    sqlite.prepare('ATTACH ? AS live').run(live);
    sqlite.prepare('ATTACH ? AS usage').run(usage);
    plans = new Map(
      [...Sql.made].map((made) => {
        const text = keepingItsPlan(made);
        const values = Array.from(text.matchAll(/\?/g), () => 'x');
        const steps = sqlite.prepare(`EXPLAIN QUERY PLAN ${text}`).all(...values) as { detail: string }[];
        return [made.replace(/\s+/g, ' ').trim(), steps.map(({ detail }) => detail)];
      }),
    );
    sqlite.close();
    temporary.remove();
  });

  it('no statement walks over a table that grows, but those that show all of it', () => {
    assert.ok(plans.size > 100, `${plans.size} statements`);
    const walking = [...plans].flatMap(([text, steps]) => {
      const walks = steps.filter((step) => /^SCAN (?!json_each|CONSTANT|\(subquery)/.test(step));
      if (walks.length === 0) return [];
      const isKnown =
        WHOLE.some(([statement]) => statement.test(text)) ||
        FROM_THE_END.some((statement) => statement.test(text)) ||
        walks.every((step) => FEW.test(step));
      return isKnown ? [] : [`${text}: ${walks.join('; ')}`];
    });
    assert.deepEqual(walking, []);
    for (const [statement, why] of WHOLE)
      assert.ok(
        [...plans.keys()].some((text) => statement.test(text)),
        `nobody asks for ${why} any more`,
      );
  });

  it('the last rows of the log come from its end, in order, without sorting all that match', () => {
    const sorting = [...plans].filter(
      ([text, steps]) =>
        / FROM audit .*ORDER BY seq (ASC|DESC) LIMIT \?$/.test(text) &&
        steps.some((step) => step.includes('B-TREE')),
    );
    assert.deepEqual(sorting, []);
  });

  for (const [statement, index] of BY_INDEX) {
    it(`${index} finds the rows of ${statement.source}`, () => {
      const found = [...plans].filter(([text]) => statement.test(text));
      assert.ok(found.length > 0);
      for (const [text, steps] of found)
        assert.ok(
          steps.some((step) => / audit | intent /.test(step) && step.includes(index)),
          `${text}: ${steps.join('; ')}`,
        );
    });
  }
});
