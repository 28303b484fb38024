import { collectDefaultMetrics, Registry } from 'prom-client';
import type { RegistryContentType } from 'prom-client';
import type { AuditRow } from '../../store/audit-event.js';
import type { Overview } from '../control/overview.js';
import type { LiveSessions } from '../control/control-ports.js';
import type { ConsoleMeter } from '../console/console-meter.js';
import type { HostedUsage } from '../usage/usage-watch.js';
import { ConsoleMetrics } from './console-metrics.js';
import { EventMetrics } from './event-metrics.js';
import { StateMetrics } from './state-metrics.js';
import type { HostedDomain } from './state-metrics.js';
import { UsageMetrics } from './usage-metrics.js';

/** How often the delay of the event loop is sampled. Milliseconds. */
const DELAY_SAMPLE_MS = 50;

export interface MetricsParts {
  readonly audit: { onAppend(listener: (row: AuditRow) => void): () => void };
  overview(): Promise<Overview>;
  domains(): Iterable<HostedDomain>;
  /** What domains have used, where their hosts tell. */
  usage(): Iterable<HostedUsage>;
  readonly consoles: Pick<ConsoleMeter, 'take'>;
  readonly sessions: Pick<LiveSessions, 'list'>;
  /** Whether customers are named. */
  readonly customers: boolean;
}

/** The numbers of a running gate, in OpenMetrics. */
export class GateMetrics {
  readonly #registry = openMetricsRegistry();
  readonly #events = new EventMetrics(this.#registry);
  readonly #states = new StateMetrics(this.#registry);
  readonly #usage = new UsageMetrics(this.#registry);
  readonly #consoles = new ConsoleMetrics(this.#registry);
  readonly #parts: MetricsParts;
  readonly #stopHearing: () => void;

  constructor(parts: MetricsParts) {
    this.#parts = parts;
    collectDefaultMetrics({ register: this.#registry, eventLoopMonitoringPrecision: DELAY_SAMPLE_MS });
    this.#stopHearing = parts.audit.onAppend((row) => {
      this.#events.hear(row);
    });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  async text(): Promise<string> {
    const { customers, sessions } = this.#parts;
    const overview = await this.#parts.overview();
    this.#states.take(overview, this.#parts.domains(), customers ? byCustomer(sessions) : null);
    this.#usage.take(this.#parts.usage());
    this.#consoles.take(this.#parts.consoles.take());
    return this.#registry.metrics();
  }

  close(): void {
    this.#stopHearing();
  }
}

function byCustomer(sessions: Pick<LiveSessions, 'list'>): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { identity } of sessions.list())
    counts.set(identity.customer, (counts.get(identity.customer) ?? 0) + 1);
  return counts;
}

/** The types of prom-client let only a registry be made that is of the older format. */
function openMetricsRegistry(): Registry {
  const registry = new Registry<RegistryContentType>();
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  return registry as Registry;
}
