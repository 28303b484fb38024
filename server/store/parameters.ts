import { MOST_PARAMETERS } from '../../policy/boot-parameter.js';
import type { ParameterValues } from '../../policy/boot-parameter.js';
import type { DomainName, ParameterName } from '../../policy/names.js';
import { refusal } from '../../policy/refusal.js';
import type { Refusal } from '../../policy/refusal.js';
import type { EventActor } from './audit-actor.js';
import type { AuditLog } from './audit-log.js';
import { Sql } from './database.js';
import type { Database } from './database.js';
import { BY_HAND, byFile, declarer, keptByFile } from './editor.js';
import type { Editor } from './editor.js';
import type { ParameterRow } from './records.js';

interface StoredParameter {
  readonly name: ParameterName;
  readonly value: string;
  readonly declared: string | null;
  readonly counts: 0 | 1;
}

const OF = new Sql<StoredParameter>(
  `SELECT parameter.name, value, declared, (domain.retired_seq IS NULL OR since_seq > domain.retired_seq) AS counts
   FROM parameter LEFT JOIN domain ON domain.name = parameter.domain WHERE parameter.domain = ? ORDER BY parameter.name`,
);
const SET = new Sql(
  `INSERT INTO parameter (domain, name, value, since_seq, declared) VALUES (?, ?, ?, ?, ?)
   ON CONFLICT DO UPDATE SET value = excluded.value, since_seq = excluded.since_seq, declared = excluded.declared`,
);
const DOMAINS = new Sql<{ domain: DomainName }>('SELECT DISTINCT domain FROM parameter ORDER BY domain');
const UNSET = new Sql('DELETE FROM parameter WHERE domain = ? AND name = ?');

/**
 * The parameters of boot profiles that admins have set, for each domain. The host decides
 * whether it allows a value.
 */
export class Parameters {
  readonly #database: Database;
  readonly #log: AuditLog;

  constructor(database: Database, log: AuditLog) {
    this.#database = database;
    this.#log = log;
  }

  /**
   * Sets or changes some parameters. The domain need not have been seen yet; on a retired domain's name only
   * these count from now on. Refused with `limit-reached` when there would be too many.
   */
  set(
    domain: DomainName,
    values: ParameterValues,
    actor: EventActor,
    editor: Editor = BY_HAND,
  ): readonly ParameterRow[] | Refusal {
    return this.#log.transact((append) => {
      const present = new Map(this.of(domain).map((row) => [row.name, row]));
      const given = Object.entries(values) as [ParameterName, string][];
      if (new Set([...present.keys(), ...given.map(([name]) => name)]).size > MOST_PARAMETERS) {
        return refusal(
          'limit-reached',
          `a domain has at most ${MOST_PARAMETERS} parameters: unset some of ${domain}`,
        );
      }
      const declared = declarer(editor);
      for (const [name] of given) {
        const no = keptByFile(`${name} of ${domain}`, present.get(name)?.declared ?? null, editor);
        if (no !== null) return no;
      }
      for (const [name, value] of given) {
        const row = present.get(name);
        if (row?.counts === true && row.value === value && row.declared === declared) continue;
        const event = { kind: 'domain.parameter.set', actor, domain, parameter: name, value } as const;
        const { seq } = append({ ...event, ...byFile(editor) });
        this.#database.run(SET, domain, name, value, seq, declared);
      }
      return this.of(domain);
    });
  }

  /** Removes some, all or none: refused with `usage` when one is not set. */
  unset(
    domain: DomainName,
    names: readonly ParameterName[],
    actor: EventActor,
    editor: Editor = BY_HAND,
  ): readonly ParameterRow[] | Refusal {
    return this.#log.transact((append) => {
      const present = new Map(this.of(domain).map((row) => [row.name, row]));
      for (const name of names) {
        const row = present.get(name);
        if (row === undefined) return refusal('no-such-parameter', `${name} is not set for ${domain}`);
        const no = keptByFile(`${name} of ${domain}`, row.declared, editor);
        if (no !== null) return no;
      }
      for (const name of new Set(names)) {
        append({ kind: 'domain.parameter.unset', actor, domain, parameter: name, ...byFile(editor) });
        this.#database.run(UNSET, domain, name);
      }
      return this.of(domain);
    });
  }

  /** All parameters of a domain, also those that do not count, by name. */
  of(domain: DomainName): readonly ParameterRow[] {
    return this.#database.all(OF, domain).map((row) => ({ ...row, counts: row.counts === 1 }));
  }

  /** The domains for which some are set, by name. */
  domains(): readonly DomainName[] {
    return this.#database.all(DOMAINS).map(({ domain }) => domain);
  }

  /** The parameters that count. */
  values(domain: DomainName): ParameterValues {
    return Object.fromEntries(
      this.of(domain).flatMap(({ name, value, counts }) => (counts ? [[name, value]] : [])),
    );
  }
}
