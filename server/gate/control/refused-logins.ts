import { normalAddress } from '../../../policy/network.js';
import type { CustomerName, Fingerprint } from '../../../policy/names.js';
import { printable } from '../../../policy/printable.js';
import { shortList } from '../../../policy/listing.js';
import type { CertificateNote } from '../../store/audit-actor.js';
import type { AuditRow } from '../../store/audit-event.js';
import type { Store } from '../../store/store.js';
import { certificateNote } from '../certificates/login-certificate.js';
import { Slices } from '../scheduling/slices.js';
import type { LoginTry } from '../ssh/login-tries.js';
import type { RefusedConnection } from '../ssh/refused-connections.js';
import type { ExplainedLogin, ExplainedTry, RefusedLogin, RefusedLogins } from './login-answers.js';
import type { Logins } from './control-ports.js';
import { LoginForecasts } from './login-forecast.js';
import type { AskedKey } from './asked-key.js';
import type { LoginForecast } from './login-forecast.js';
import type { LoginWorld } from './login-world.js';
import { connectionReason, loginReason } from './login-reasons.js';

/** Rows of the audit log in which older refusals are looked for. */
const AUDIT_ROWS = 2000;

/** A refusal from the gate's memory, or from the audit log, which knows less. */
interface Known extends Omit<RefusedConnection, 'because'> {
  readonly because: RefusedConnection['because'];
  readonly from: RefusedLogin['from'];
}

/**
 * The last refused connections, each with its reason and what to do, oldest first.
 *
 * @param remembered what the gate remembers; older ones are taken from the audit log
 * @param who a fingerprint, an address, or the name of a customer or login; null: all
 */
export async function refusedLogins(
  world: LoginWorld,
  remembered: readonly RefusedConnection[],
  who: string | null,
  last: number,
): Promise<RefusedLogins> {
  const known = new Set(remembered.map(({ connection }) => connection));
  const older = world.store.audit
    .tail({ limit: AUDIT_ROWS })
    .flatMap(fromAudit)
    .filter(({ connection }) => !known.has(connection));
  const all: readonly Known[] = [...older, ...remembered.map((one) => ({ ...one, from: 'memory' as const }))];
  const wanted = all.filter(isAbout(world.store, who)).slice(-last);
  const forecasts = new LoginForecasts(world);
  const refused: RefusedLogin[] = [];
  await new Slices().run(() => {
    const one = wanted[refused.length];
    if (one !== undefined) refused.push(explained(forecasts, one));
    return one !== undefined;
  });
  return { refused, text: refused.map(connectionText).join('\n') };
}

/** What would become of a login now. @param source where it would come from; null: from anywhere */
export function explainedLogin(
  world: LoginWorld,
  logins: Logins | null,
  typed: string,
  key: AskedKey,
  source: string | null,
): ExplainedLogin {
  const now = new LoginForecasts(world).of(typed, key, source);
  const login = printable(typed, 64);
  const { because, customer, type } = now;
  const request = { method: 'publickey', algorithm: because === 'algorithm-not-offered' ? type : null };
  const reason = because === null ? null : loginReason(login, because, request, now);
  const condition = because === null ? conditionsOf(now, source) : '';
  const remarks: string[] = [];
  if (source !== null && logins?.isPenalised(source) === true)
    remarks.push(
      `connections from ${source} are closed at once now: too many logins from there were refused`,
    );
  const full = because === null && customer !== null ? (logins?.refusesConnection(customer) ?? null) : null;
  if (full !== null) remarks.push(`one more connection is refused now: ${full}`);
  const note = noteOf(now);
  const what = `${login} with ${type ?? 'a key'} ${key.fingerprint}${note === null ? '' : `, ${noteText(note)},`}`;
  const verdict =
    reason === null
      ? `would be let in${customer === login ? '' : ` as the customer ${customer ?? ''}`}${condition}`
      : `would be refused: ${reason.why}`;
  const lines = [
    `${what} ${verdict}.`,
    ...(reason === null ? [] : [`  -> ${reason.mend}`]),
    ...remarks.map((one) => `But ${one}.`),
  ];
  return {
    login,
    fingerprint: key.fingerprint,
    type,
    accepted: because === null && remarks.length === 0,
    because,
    customer,
    rule: now.rule?.place ?? null,
    why: reason?.why ?? null,
    mend: reason?.mend ?? null,
    remarks,
    certificate: note,
    text: `${lines.join('\n')}\n`,
  };
}

/** On what a login depends that would be accepted: half a sentence, with a comma before it, or none. */
function conditionsOf(
  { needsVerification, rule, certificate }: LoginForecast,
  source: string | null,
): string {
  const options = certificate?.certificate.options;
  const { sources, forceCommand } =
    typeof options === 'object' ? options : { sources: null, forceCommand: null };
  const until = certificate?.certificate.validBefore ?? null;
  const demanding = rule === null ? 'verify-required of the certificate' : `keys: at ${rule.place}`;
  return [
    ...(until === null ? [] : [`, until ${new Date(until).toISOString()}`]),
    ...(needsVerification ? [`, if the security key verifies its user (${demanding})`] : []),
    ...(sources === null || source !== null ? [] : [`, if the client is at ${shortList(sources)}`]),
    ...(forceCommand === null ? [] : [`, for the command "${printable(forceCommand, 64)}" alone`]),
  ].join('');
}

/** The certificate that was asked about, if its CA is trusted and has signed it. */
function noteOf({ because, certificate }: LoginForecast): CertificateNote | null {
  const isGenuine = because !== 'certificate-forged' && because !== 'certificate-algorithm-not-offered';
  const authority = certificate?.authority ?? null;
  return certificate === null || authority === null || !isGenuine
    ? null
    : certificateNote(certificate.certificate, authority);
}

function noteText({ authorityName, keyId, serial }: CertificateNote): string {
  return `certificate "${keyId}", serial ${serial}, of the CA ${authorityName}`;
}

function fromAudit({ at, event }: AuditRow): Known[] {
  if (event.kind !== 'login.refused') return [];
  const { source, connection, login, fingerprint, reason, certificate = null } = event;
  const one: LoginTry = {
    login,
    method: 'publickey',
    algorithm: null,
    fingerprint,
    because: reason.replace(/ .*/, ''),
    signed: true,
    certificate,
  };
  return [
    {
      at: new Date(at),
      source,
      connection,
      client: null,
      because: 'login-refused',
      detail: null,
      tries: [one],
      times: 1,
      from: 'audit',
    },
  ];
}

function isAbout(store: Store, who: string | null): (one: Known) => boolean {
  if (who === null) return () => true;
  if (who.startsWith('SHA256:')) return ({ tries }) => tries.some(({ fingerprint }) => fingerprint === who);
  const source = normalAddress(who);
  if (source !== undefined) return (one) => normalAddress(one.source) === source;
  const theirs = new Set<Fingerprint | null>(
    store.keys.list(who as CustomerName).map(({ fingerprint }) => fingerprint),
  );
  return ({ tries }) => tries.some(({ login, fingerprint }) => login === who || theirs.has(fingerprint));
}

function explained(forecasts: LoginForecasts, one: Known): RefusedLogin {
  const { at, source, connection, client, because, detail, times, from, tries } = one;
  return {
    at: at.toISOString(),
    source,
    connection,
    client,
    because,
    detail,
    times,
    from,
    ...(connectionReason(because, detail) ?? { why: null, mend: null }),
    tries: tries.map((each) => explainedTry(forecasts, each)),
  };
}

function explainedTry(forecasts: LoginForecasts, one: LoginTry): ExplainedTry {
  const { login, fingerprint } = one;
  const now: LoginForecast | null =
    fingerprint === null ? null : forecasts.of(login, { fingerprint, blob: null, type: null });
  // The audit log says less than the gate knew; what is so now is the likely reason.
  const because =
    one.because === 'login-or-key-refused' ? (now?.because ?? 'unknown-login-or-key') : one.because;
  return {
    ...one,
    because,
    type: now?.type ?? one.algorithm,
    ...loginReason(login, because, one, now),
    rule: now?.rule?.place ?? null,
    // Of a certificate not all is remembered that would decide now.
    acceptedNow: !isCertified(one) && now?.because === null,
  };
}

function isCertified({ algorithm, because, certificate }: LoginTry): boolean {
  return (
    certificate !== null || because.startsWith('certificate-') || algorithm?.includes('-cert-v0') === true
  );
}

function connectionText({
  at,
  source,
  connection,
  client,
  times,
  why,
  mend,
  tries,
  from,
}: RefusedLogin): string {
  const head = [
    `${at.slice(0, 10)} ${at.slice(11, 19)} UTC  ${source}`,
    ...(client === null ? [] : [client]),
    ...(connection === null ? [] : [`connection ${connection}`]),
    ...(times === 1 ? [] : [`${times} times`]),
    ...(from === 'audit' ? ['from the audit log'] : []),
  ];
  const lines = [head.join(', ')];
  if (why !== null) lines.push(`  ${why}.`, `    -> ${mend ?? ''}`);
  for (const one of tries) {
    const key = one.fingerprint === null ? '' : ` with ${one.type ?? 'a key'} ${one.fingerprint}`;
    const note = one.certificate === null ? '' : `, ${noteText(one.certificate)}`;
    lines.push(`  ${one.login === '' ? '(no name)' : one.login}${key}${note}: ${one.why}.`);
    lines.push(one.acceptedNow ? '    -> nothing: it would be let in now' : `    -> ${one.mend}`);
  }
  return `${lines.join('\n')}\n`;
}
