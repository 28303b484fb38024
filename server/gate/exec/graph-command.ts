import { isRefusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { Charset } from '../../../menus/printable-text.js';
import { usageGraph } from '../../../menus/usage-graph.js';
import { NOTHING_RECORDED, graphText } from '../../../menus/usage-words.js';
import type { OwnUsage, Usage } from '../customer/own-usage.js';
import type { Identity } from '../session/identity.js';
import { MINUTE_MS } from '../usage/usage-recorder.js';
import type { Command } from './command.js';
import type { ExecOutput } from './exec-output.js';
import { EXIT } from './exit-status.js';

type Wanted = Extract<Command, { command: 'graph' }>;

/** How wide the text may be, and in which characters. */
interface Shape {
  readonly columns: number;
  readonly charset: Charset;
}

/** `NAME graph`: what a server used in the last 24 hours. @returns the exit status */
export async function showGraph(
  { domain, json }: Wanted,
  own: Pick<OwnUsage, 'read'>,
  identity: Identity,
  output: Pick<ExecOutput, 'json' | 'line' | 'lines'>,
  { columns, charset }: Shape,
): Promise<number | Refusal> {
  const usage = await own.read(identity, domain);
  if (isRefusal(usage)) return usage;
  if (json) {
    output.json({ domain, ...usageObject(usage) });
    return EXIT.done;
  }
  const graph = usageGraph(usage.minutes, usage.to);
  if (graph === null) output.line(NOTHING_RECORDED);
  else output.lines(graphText(graph, columns, charset));
  return EXIT.done;
}

/** A list for each quantity, a number for each minute. */
function usageObject({ to, minutes }: Usage): object {
  const all = (value: (minute: NonNullable<Usage['minutes'][number]>) => number | null): (number | null)[] =>
    minutes.map((minute) => (minute === null ? null : rounded(value(minute))));
  return {
    from: new Date(to - minutes.length * MINUTE_MS).toISOString(),
    to: new Date(to).toISOString(),
    secondsEach: MINUTE_MS / 1000,
    cpuPercent: all(({ cpuPercent }) => cpuPercent),
    receivedBytesPerSecond: all(({ received }) => received),
    sentBytesPerSecond: all(({ sent }) => sent),
    diskRequestsPerSecond: all(({ diskRequests }) => diskRequests),
  };
}

/** Four digits: more is not known. */
function rounded(value: number | null): number | null {
  return value === null ? null : Number(value.toPrecision(4));
}
