import { refusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { Store } from '../../store/store.js';
import * as words from '../text/words.js';
import { customer, optional, reason, sentence, session } from './argument.js';
import type { SessionView } from './session-answers.js';
import type { AnnouncementMade, GateStatus } from './status-answers.js';
import type { LiveSession, LiveSessions, RunningGate } from './control-ports.js';
import { checkFolder } from '../../wire/folder-check.js';
import { policyStatus } from './policy-routes.js';
import { lookAtFolders } from './gate-folders.js';
import type { FolderSettings } from './gate-folders.js';
import { hostStatus } from './host-status.js';
import { undecided } from './undecided.js';
import { route } from './route.js';
import type { Route } from './route.js';

export function sessionView({ id, identity, openedAt, what, command }: LiveSession): SessionView {
  const { customer: name, fingerprint, source, domain, certificate } = identity;
  const by = certificate === undefined ? {} : { authority: certificate.authorityName };
  return {
    id,
    customer: name,
    fingerprint,
    ...by,
    source,
    domain,
    openedAt: openedAt.toISOString(),
    what,
    command,
  };
}

/** All sessions, then the connections without one: those hold places too. */
export function allOf(sessions: LiveSessions): readonly LiveSession[] {
  return [...sessions.list(), ...sessions.withoutSession()];
}

/** Routes for what exists only while the gate runs: its status, announcements, live sessions. */
export function sessionRoutes(store: Store, settings: FolderSettings, gate: RunningGate): readonly Route[] {
  return [
    route('GET', '/status', {}, async (): Promise<GateStatus> => {
      const folders = await lookAtFolders(settings, checkFolder);
      const { version, startedAt, sessions, policy, hosts } = gate;
      return {
        version,
        pid: process.pid,
        startedAt: startedAt.toISOString(),
        sessions: sessions.list().length,
        policy: policyStatus(policy),
        hosts: hosts.map(hostStatus),
        domains: undecided(store),
        maintenance: store.maintenance.get(),
        // A small row may still find room in the write-ahead log when the disk is full, so the folders are
        // tried as well.
        audit: { ...store.audit.head(), trouble: store.audit.trouble() ?? folders[0]?.problem ?? null },
        folders,
      };
    }),

    route(
      'POST',
      '/announcements',
      { text: sentence },
      async ({ text }, { actor }): Promise<AnnouncementMade> => {
        // Recorded first: an announcement that cannot be recorded is not made.
        store.audit.append({ kind: 'announcement.made', actor, text });
        return { text, told: await gate.announcements.make(words.announced(text)) };
      },
    ),

    route('GET', '/sessions', { customer: optional(customer) }, (given) => ({
      sessions: allOf(gate.sessions)
        .map(sessionView)
        .filter((one) => given.customer === null || one.customer === given.customer),
    })),

    route(
      'DELETE',
      '/sessions/:session',
      { session, reason: optional(reason) },
      (given, { actor }): object | Refusal => {
        const found = allOf(gate.sessions).find(({ id }) => id === given.session);
        if (found === undefined)
          return refusal(
            'no-such-session',
            `there is no session ${given.session}: see \`postern session list\``,
          );
        const why = given.reason ?? 'an administrator ended it';
        store.audit.append({ kind: 'session.ended', actor, session: given.session, reason: why });
        gate.sessions.end(
          given.session,
          `This session was ended by an administrator${given.reason === null ? '.' : `: ${given.reason}`}`,
        );
        return { session: sessionView(found) };
      },
    ),
  ];
}
