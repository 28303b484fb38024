import { Counter, Histogram } from 'prom-client';
import type { Registry } from 'prom-client';
import type { AuditEvent, AuditRow } from '../../store/audit-event.js';

/** Operations whose end is still awaited. Beyond it, the oldest are forgotten and counted without a duration. */
const MOST_AWAITED = 10_000;

type Requested = Extract<AuditEvent, { readonly operation: string; readonly rule: string }>;

/** An operation that was requested. */
interface Awaited {
  readonly verb: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** Counts what happens, as the audit log hears it: each number is the log's since the gate started. */
export class EventMetrics {
  readonly #awaited = new Map<string, Awaited>();
  readonly #logins;
  readonly #sessions;
  readonly #requests;
  readonly #refusals;
  readonly #operations;
  readonly #durations;
  readonly #consoles;
  readonly #penalties;
  readonly #policies;

  constructor(registry: Registry) {
    const counter = <T extends string>(name: string, help: string, labelNames: readonly T[]): Counter<T> =>
      new Counter({ name: `postern_${name}`, help, labelNames, registers: [registry] });
    this.#logins = counter('logins_total', 'Logins, by result; a refused one has its reason.', [
      'result',
      'reason',
    ]);
    this.#sessions = counter('sessions_opened_total', 'Sessions that were opened, by what they are.', [
      'kind',
    ]);
    this.#requests = counter('requests_total', 'Acts on domains that policy allowed.', ['action']);
    this.#refusals = counter(
      'refusals_total',
      'Acts on domains that were refused, by the code of the refusal.',
      ['action', 'code'],
    );
    this.#operations = counter('operations_total', 'Operations that ended.', ['verb', 'outcome']);
    this.#durations = new Histogram({
      name: 'postern_operation_duration_seconds',
      help: 'Seconds from the request of an operation to its end.',
      labelNames: ['verb'],
      buckets: [0.5, 1, 2, 5, 10, 30, 60, 120, 300, 900, 3600],
      registers: [registry],
    });
    this.#consoles = counter('consoles_opened_total', 'Consoles that were opened.', ['mode']);
    this.#penalties = counter('penalties_total', 'Source addresses that were shut out for a while.', []);
    this.#policies = counter('policy_reloads_total', 'Policy files that were read again.', ['result']);
  }

  /** Takes a row of the audit log. */
  hear({ event, at }: AuditRow): void {
    switch (event.kind) {
      case 'login.accepted':
        this.#logins.inc({ result: 'accepted', reason: '' });
        break;
      case 'login.refused':
        this.#logins.inc({ result: 'refused', reason: event.reason });
        break;
      case 'source.penalised':
        this.#penalties.inc();
        break;
      case 'session.opened':
        this.#sessions.inc({ kind: event.what });
        break;
      case 'domain.denied':
        this.#refusals.inc({ action: event.action, code: event.code });
        break;
      case 'console.attached':
        this.#consoles.inc({ mode: event.mode });
        break;
      case 'policy.loaded':
      case 'policy.rejected':
        this.#policies.inc({ result: event.kind === 'policy.loaded' ? 'loaded' : 'rejected' });
        break;
      case 'operation.ended':
        this.#ended(event.operation, event.outcome, Date.parse(at));
        break;
      case 'rescue.ended':
        this.#operations.inc({ verb: 'rescue-end', outcome: event.outcome });
        break;
      default:
        if (isRequested(event)) this.#requested(event, Date.parse(at));
    }
  }

  #requested({ kind, operation }: Requested, at: number): void {
    const verb = kind.slice('domain.'.length, -'.requested'.length);
    this.#requests.inc({ action: verb });
    this.#awaited.set(operation, { verb, at });
    const [oldest] = this.#awaited.keys();
    if (this.#awaited.size > MOST_AWAITED && oldest !== undefined) this.#awaited.delete(oldest);
  }

  #ended(operation: string, outcome: string, at: number): void {
    const awaited = this.#awaited.get(operation);
    this.#awaited.delete(operation);
    this.#operations.inc({ verb: awaited?.verb ?? 'unknown', outcome });
    if (awaited !== undefined)
      this.#durations.observe({ verb: awaited.verb }, Math.max(at - awaited.at, 0) / 1000);
  }
}

function isRequested(event: AuditEvent): event is Requested {
  return /^domain\..*\.requested$/.test(event.kind);
}
