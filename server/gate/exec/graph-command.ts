import { isRefusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { Charset } from '../../../menus/printable-text.js';
import { usageGraph } from '../../../menus/usage-graph.js';
import { NOTHING_RECORDED, graphText } from '../../../menus/usage-words.js';
import type { Authorizer } from '../access/authorize.js';
import type { OwnUsage, Usage } from '../customer/own-usage.js';
import type { Identity } from '../session/identity.js';
import { MINUTE_MS } from '../usage/usage-recorder.js';
import * as words from '../text/words.js';
import type { Command } from './command.js';
import type { ExecOutput } from './exec-output.js';
import { EXIT } from './exit-status.js';

type Wanted = Extract<Command, { command: 'graph' }>;

/** How wide the text may be, and in which characters. */
export interface GraphShape {
  readonly columns: number;
  readonly charset: Charset;
}

/** The width of a graph that no terminal shows. */
export const PIPE_COLUMNS = 132;

interface GraphParts {
  readonly authorizer: Pick<Authorizer, 'authorize'>;
  /** Null: nothing is recorded. */
  readonly ownUsage: Pick<OwnUsage, 'read'> | null;
}

/** `NAME graph`: what a server used in the last 24 hours. @returns the exit status */
export async function showGraph(
  { domain: asked, json }: Wanted,
  { authorizer, ownUsage }: GraphParts,
  identity: Identity,
  output: Pick<ExecOutput, 'json' | 'line' | 'lines'>,
  { columns, charset }: GraphShape,
): Promise<number | Refusal> {
  const permit = authorizer.authorize(identity, { action: 'status', domain: asked, profile: null });
  if (isRefusal(permit)) return permit;
  const { domain } = permit.consume('status');
  if (ownUsage === null) return words.notOnThisHost(domain, 'showing what a server used');
  const usage = await ownUsage.read(identity, domain);
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
