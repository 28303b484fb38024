import { isSeenAlive } from '../../../policy/domain-state.js';
import type { DomainName } from '../../../policy/names.js';
import type { ShownAttachment } from '../access/live-attachments.js';
import type { LiveConsole, LiveView } from './session-answers.js';
import type { Host, RunningGate } from './control-ports.js';
import { route } from './route.js';
import type { Route } from './route.js';
import { allOf, sessionView } from './session-routes.js';

type LiveParts = Pick<RunningGate, 'sessions' | 'attachments' | 'hosts'>;

/** The route for a live view. It writes nothing, so it may be asked for every second. */
export function liveRoutes(gate: LiveParts): readonly Route[] {
  return [route('GET', '/live', {}, () => liveView(gate))];
}

function liveView({ sessions, attachments, hosts }: LiveParts): LiveView {
  const consoles = new Map<string, LiveConsole[]>();
  for (const attachment of attachments()) {
    if (attachment.session === null) continue;
    const own = consoles.get(attachment.session) ?? [];
    own.push(consoleView(attachment, hosts));
    consoles.set(attachment.session, own);
  }
  return {
    at: new Date().toISOString(),
    sessions: allOf(sessions).map((one) => ({ ...sessionView(one), consoles: consoles.get(one.id) ?? [] })),
  };
}

function consoleView({ domain, action, since }: ShownAttachment, hosts: readonly Host[]): LiveConsole {
  return {
    domain,
    host: hostOf(domain, hosts),
    mode: action === 'watch' ? 'watch' : 'write',
    since: new Date(since).toISOString(),
  };
}

/** Where it runs; where it runs nowhere, a host that has its configuration. */
function hostOf(domain: DomainName, hosts: readonly Host[]): string | null {
  const having = hosts.filter(({ domains }) => domains.has(domain));
  const alive = having.find(({ domains }) => {
    const state = domains.get(domain)?.observation.state;
    return state !== undefined && isSeenAlive(state);
  });
  return (alive ?? having[0])?.name ?? null;
}
