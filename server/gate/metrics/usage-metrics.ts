import { Counter } from 'prom-client';
import type { Registry } from 'prom-client';
import type { HostedUsage } from '../usage/usage-watch.js';

const KIBIBYTE = 1024;

/** What domains have used of network and disks, as their hosts count. A domain that has gone leaves no number. */
export class UsageMetrics {
  readonly #received;
  readonly #sent;
  readonly #reads;
  readonly #writes;

  constructor(registry: Registry) {
    const counter = (name: string, help: string): Counter =>
      new Counter({
        name: `postern_domain_${name}_total`,
        help,
        labelNames: ['host', 'domain'],
        registers: [registry],
      });
    this.#received = counter('network_received_bytes', 'Bytes that the domain received since its boot.');
    this.#sent = counter('network_sent_bytes', 'Bytes that the domain sent since its boot.');
    this.#reads = counter('disk_reads', 'Requests to read, of all disks of the domain since its boot.');
    this.#writes = counter('disk_writes', 'Requests to write, of all disks of the domain since its boot.');
  }

  take(all: Iterable<HostedUsage>): void {
    for (const counter of [this.#received, this.#sent, this.#reads, this.#writes]) counter.reset();
    for (const { host, usage } of all) {
      const { name: domain, network, disk } = usage;
      const labels = { host, domain };
      if (network !== null) {
        this.#received.inc(labels, network.receivedKiB * KIBIBYTE);
        this.#sent.inc(labels, network.sentKiB * KIBIBYTE);
      }
      if (disk === null) continue;
      this.#reads.inc(labels, disk.reads);
      this.#writes.inc(labels, disk.writes);
    }
  }
}
