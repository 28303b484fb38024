import { keyFault, keyFaultMessage, keyRule } from '../../../policy/key-rule.js';
import type { KeyFacts, KeyFault } from '../../../policy/key-rule.js';
import { parseCustomerName, parseDomainName } from '../../../policy/names.js';
import type { CustomerName, DomainName, Fingerprint } from '../../../policy/names.js';
import type { KeyRule } from '../../../policy/policy.js';
import type { Customer, Key, RoleRow } from '../../store/records.js';
import { standing } from '../access/standing.js';
import { factsOf } from '../keys/key-rules.js';
import { isSignatureAlgorithm } from '../ssh/algorithms.js';
import { AssumedSignature, assumedSignature } from '../ssh/assumed-signature.js';
import { Authenticator } from '../ssh/authenticate.js';
import type { LoginAnswer, RefusedBecause } from '../ssh/authenticate.js';
import { certificateAlgorithm } from '../ssh/certificate-algorithms.js';
import { CertificateLogin } from '../ssh/certificate-login.js';
import { SignatureCheck } from '../ssh/signature-check.js';
import type { AskedKey } from './asked-key.js';
import { certificateForecast } from './certificate-forecast.js';
import type { CertificateForecast } from './certificate-forecast.js';
import type { LoginWorld } from './login-world.js';

/** What would become of a login now, with the facts that an admin needs to see why. */
export interface LoginForecast {
  /** A `RefusedBecause`; null when it would be accepted. */
  readonly because: RefusedBecause | null;
  /** Whether it would be accepted only if a security key verifies its user. */
  readonly needsVerification: boolean;
  /** The customer whom it would be, or whom the login name or the key lead to. */
  readonly customer: CustomerName | null;
  /** Set when the login name is a customer's. */
  readonly named: Customer | null;
  /** Set when the login name may be a domain's: the roles on it. */
  readonly domain: { readonly name: DomainName; readonly roles: readonly RoleRow[] } | null;
  /** The key at each customer who has it. */
  readonly holders: readonly Key[];
  readonly type: string | null;
  /** The rule of the policy that does not allow the key: its place as `file:line`, what of the key, and in words. */
  readonly rule: { readonly place: string; readonly fault: KeyFault; readonly message: string } | null;
  /** The list of revoked keys names the key of the customer who would be found. */
  readonly isRevoked: boolean;
  /** Set when it is asked about a certificate that can be read. */
  readonly certificate: CertificateForecast | null;
}

/** Foretells the logins of one answer, and decides about the same login once. */
export class LoginForecasts {
  readonly #world: LoginWorld;
  readonly #known = new Map<string, LoginForecast>();

  constructor(world: LoginWorld) {
    this.#world = world;
  }

  /**
   * @param asked the same fingerprint and type must come with the same blob
   * @param source where it would come from; null: from wherever a certificate is good
   */
  of(login: string, asked: AskedKey, source: string | null = null): LoginForecast {
    const name = JSON.stringify([login, asked.fingerprint, asked.type, source]);
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const holders = this.#world.store.keys.holders(asked.fingerprint);
    const made = forecast(this.#world, { login, ...asked, source }, holders);
    this.#known.set(name, made);
    return made;
  }
}

interface Question extends AskedKey {
  readonly login: string;
  readonly source: string | null;
}

function forecast(world: LoginWorld, question: Question, holders: readonly Key[]): LoginForecast {
  const { store } = world;
  const { login, fingerprint } = question;
  const blob = question.blob ?? holders[0]?.blob ?? null;
  const type = question.type ?? holders[0]?.type ?? null;
  const certificate = certificateForecast(world, question);
  const source = question.source ?? certificate?.goodFrom ?? null;
  const decided = (verified: boolean): LoginAnswer | null =>
    blob === null || type === null ? null : decide(world, login, { type, blob, verified, source });
  const answer = decided(true);
  const because = answer === null ? 'unknown-login-or-key' : becauseOf(answer);
  const unverified = because === null ? decided(false) : null;
  const [byName, byDomain] = [parseCustomerName(login), parseDomainName(login)];
  const roles = byDomain === undefined ? [] : store.roles.on(byDomain);
  const found = certificate === null ? store.logins.find(login, fingerprint) : certificate.found;
  const customer = answer?.kind === 'accepted' ? answer.found.customer : (found?.customer ?? null);
  return {
    because,
    needsVerification: unverified !== null && becauseOf(unverified) === 'user-not-verified',
    customer,
    named: (byName === undefined ? undefined : store.customers.find(byName)) ?? null,
    domain: byDomain === undefined || roles.length === 0 ? null : { name: byDomain, roles },
    holders,
    type,
    rule:
      customer === null
        ? null
        : certificate === null
          ? forbids(world, customer, fingerprint)
          : forbidsCertified(world, certificate),
    isRevoked: certificate === null && isRevoked(world, login, fingerprint),
    certificate,
  };
}

function isRevoked({ accounts }: LoginWorld, login: string, fingerprint: Fingerprint): boolean {
  const found = accounts.find(login, fingerprint, true)?.standing;
  return found?.here === false && found.why === 'key-revoked';
}

function becauseOf(answer: LoginAnswer): RefusedBecause | null {
  return answer.kind === 'refused' ? answer.because : null;
}

/** They make keys when they are made. */
const ASSUMED = new AssumedSignature();
const CHECK = new SignatureCheck();

/** Asks the gate's own Authenticator; only the client's signature is taken for right, and made with a touch. */
function decide(
  { accounts, certificates }: LoginWorld,
  login: string,
  {
    type,
    blob,
    verified,
    source,
  }: {
    readonly type: string;
    readonly blob: Buffer;
    readonly verified: boolean;
    readonly source: string | null;
  },
): LoginAnswer {
  const algorithm = type.replace(/^ssh-rsa(?=$|-cert-)/, 'rsa-sha2-512');
  const nothing = Buffer.alloc(0);
  const signs = certificateAlgorithm(algorithm)?.signs ?? algorithm;
  const whole = isSignatureAlgorithm(signs) ? assumedSignature(signs, verified) : nothing;
  // The counter of the key stays as it is.
  const counters = { advanceCounter: () => null };
  const certified =
    certificates === null ? null : new CertificateLogin(ASSUMED, counters, certificates, CHECK);
  return new Authenticator(accounts, ASSUMED, counters, certified).answer({
    login,
    method: 'publickey',
    ...(source === null ? {} : { source }),
    key: { algorithm, blob, signature: { bytes: nothing, whole, signed: nothing } },
  });
}

/** The rule that does not allow a registered key. */
function forbids(
  { store, policy }: LoginWorld,
  customer: CustomerName,
  fingerprint: Fingerprint,
): LoginForecast['rule'] {
  const holder = store.holders.find(customer, fingerprint);
  const fault = [true, false]
    .map((verified) => {
      const found = standing(policy, customer, holder, verified, new Date());
      return found.here ? null : found.fault;
    })
    .find((one) => one !== null);
  if (fault === undefined || policy === null || holder.key === null) return null;
  const rule = keyRule(policy, customer, holder.rolesHeld());
  if (rule === undefined) return null;
  return ruleOf(rule, fault, factsOf(holder.key, holder.key.addedAt, null));
}

/** The rule that does not allow the key inside a certificate, or the CA's. */
function forbidsCertified(
  { store, policy }: LoginWorld,
  { certificate, found, unverified }: CertificateForecast,
): LoginForecast['rule'] {
  const seen = [found, unverified].find(
    (one) => one !== null && !one.standing.here && one.standing.fault !== null,
  );
  if (seen === undefined || seen === null || seen.standing.here || policy === null) return null;
  const { customer, key, standing: no } = seen;
  const rule = keyRule(policy, customer, store.holders.rolesHeld(customer));
  if (rule === undefined || no.fault === null) return null;
  const own = factsOf(key, key.addedAt, false);
  if (keyFault(rule, own, new Date()) !== null) return ruleOf(rule, no.fault, own);
  const ruled = ruleOf(rule, no.fault, factsOf(certificate.authority, null, null));
  return { ...ruled, message: `of the CA's key: ${ruled.message}` };
}

function ruleOf(rule: KeyRule, fault: KeyFault, facts: KeyFacts): NonNullable<LoginForecast['rule']> {
  const { file, line } = rule.place;
  return { place: `${file}:${line}`, fault, message: keyFaultMessage(rule, fault, facts) };
}
