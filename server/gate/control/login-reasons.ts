import { listed } from '../../../policy/listing.js';
import type { ConnectionRefusedBecause } from '../ssh/refused-connections.js';
import { certificateReason } from './certificate-reasons.js';
import type { LoginForecast } from './login-forecast.js';
import type { Reason } from './reason.js';

/**
 * Explains a refused login. A reason without words of its own is told by its name: the audit log knows the same.
 *
 * @param login as it was typed, printable
 * @param because a `RefusedBecause`
 * @param now null when no key was shown
 */
export function loginReason(
  login: string,
  because: string,
  { method, algorithm }: { readonly method: string; readonly algorithm: string | null },
  now: LoginForecast | null,
): Reason {
  const certified = certificateReason(login, because, now?.certificate ?? null);
  if (certified !== null) return certified;
  switch (because) {
    case 'method-not-offered':
      return {
        why:
          method === 'none'
            ? 'the client asked what it may do, and then had no key to show'
            : `the client asked to log in by ${method}, and the gate takes public keys only`,
        mend: 'the customer needs a key: ssh-keygen makes one, ssh -i FILE names it, and `postern key add` registers it',
      };
    case 'algorithm-not-offered':
      return {
        why: `the client signs with ${algorithm ?? 'an algorithm'}, which the gate does not take`,
        mend:
          algorithm === 'ssh-rsa'
            ? 'this is RSA with SHA-1: the customer needs a newer client, or an Ed25519 key'
            : 'the customer needs a key of another type: Ed25519, ECDSA or RSA',
      };
    case 'wrong-signature':
      return {
        why: `the key is known for ${login}, but the signature was not made with it`,
        mend: 'look whether the private key or the agent at the client is damaged, or somebody tries a key that is not theirs',
      };
    case 'browser-signature':
      return {
        why: 'the signature has the format of a web browser, which the gate does not take',
        mend: "the customer needs OpenSSH's own support for security keys",
      };
    case 'user-not-present':
      return {
        why: 'nobody touched the security key',
        mend: 'the key was made with no-touch-required: the customer makes another one (ssh-keygen -t ed25519-sk)',
      };
    case 'user-not-verified':
      return {
        why: `the security key did not verify its user, and the policy requires that${now?.rule === undefined || now.rule === null ? '' : `, by keys: at ${now.rule.place}`}`,
        mend: 'a key that verifies (ssh-keygen -t ed25519-sk -O verify-required), registered in its place',
      };
    case 'counter-went-back':
      return {
        why: 'the counter of the security key went back, so there may be a copy of the key',
        mend: 'ask the customer whether it was them; if it was not: postern key remove',
      };
    case 'customer-suspended':
      return {
        why: `the customer ${now?.customer ?? login} is suspended`,
        mend: `postern customer resume ${now?.customer ?? login}`,
      };
    case 'key-expired':
      return expired(login, now);
    case 'key-not-allowed':
      return {
        why:
          now?.rule === undefined || now.rule === null
            ? 'the policy did not allow the key'
            : `the policy does not allow the ${now.rule.fault} of the key, by keys: at ${now.rule.place}`,
        mend: `change the rule, or the customer's key${now?.rule === undefined || now.rule === null ? '' : `: ${now.rule.message}`}`,
      };
    case 'unknown-login-or-key':
      return unknown(login, now);
    default:
      return {
        why: `it was refused as ${because.replaceAll('-', ' ')}`,
        mend: `look for ${because} in docs/security.md`,
      };
  }
}

function expired(login: string, now: LoginForecast | null): Reason {
  const key = now?.holders.find(({ customer }) => customer === now.customer);
  const since = key?.expiresAt ?? null;
  return {
    why: since === null ? 'the time of the key was over' : `the time of the key was over on ${since}`,
    mend: `postern key expire ${now?.customer ?? login} ${key?.fingerprint ?? 'FINGERPRINT'} never, or a new key: postern key add`,
  };
}

/** The login name and the key do not lead to one customer together. */
function unknown(login: string, now: LoginForecast | null): Reason {
  const holders = [...new Set((now?.holders ?? []).map(({ customer }) => customer))];
  const key =
    holders.length === 0 ? 'no customer has this key' : `the key is registered for ${listed(holders)}`;
  if (now?.isRevoked === true)
    return {
      why: `the file of revoked keys names this key of ${now.customer ?? login}`,
      mend: 'if that is wrong, mend the file of certificates.revokedKeys in gate.yaml; else the customer needs another key',
    };
  const named = now?.named?.name;
  if (named !== undefined && holders.includes(named))
    return {
      why: `the key is registered for ${named}, and yet the gate does not take it`,
      mend: 'look whether a file of revoked keys names it (gate.yaml), and ask again while the gate runs',
    };
  if (named !== undefined)
    return {
      why: `there is a customer ${login}, but ${key}`,
      mend:
        holders.length === 0
          ? `if it is theirs: postern key add ${login} FILE`
          : `log in as ${holders.join(' or ')}, or if the key is also theirs: postern key add ${login} FILE`,
    };
  if (now?.domain !== undefined && now.domain !== null) return ofDomain(now.domain, holders, key);
  return {
    why: `there is no customer ${login}, no domain of that name with a customer, and ${key}`,
    mend:
      holders.length === 0
        ? `a new customer: postern customer add NAME, then postern key add NAME FILE`
        : `the login name is the customer's: ${holders.join(' or ')}`,
  };
}

function ofDomain(
  { name, roles }: NonNullable<LoginForecast['domain']>,
  holders: readonly string[],
  key: string,
): Reason {
  const theirs = roles.filter(({ customer }) => holders.includes(customer));
  const counting = theirs.filter(({ counts }) => counts);
  if (counting.length > 1)
    return {
      why: `${name} is a domain, and ${listed(counting.map(({ customer }) => customer))} have both a role on it and this key`,
      mend: "log in by the customer's name instead of the domain's",
    };
  if (theirs.length > 0)
    return {
      why: `${name} is a domain that was retired, and the role of ${listed(theirs.map(({ customer }) => customer))} is from before`,
      mend: `if it is the same domain: postern domain adopt ${name}`,
    };
  return {
    why: `${name} is a domain of ${listed(roles.map(({ customer }) => customer))}, but ${key}`,
    mend: `postern key add CUSTOMER FILE, or a role: postern role add CUSTOMER ${name} ROLE`,
  };
}

/** @returns null where the tries say it */
export function connectionReason(because: ConnectionRefusedBecause, detail: string | null): Reason | null {
  const more = detail === null ? '' : `: ${detail}`;
  switch (because) {
    case 'login-refused':
      return null;
    case 'source-penalised':
      return {
        why: 'the connection was closed at once, because too many logins from there had been refused',
        mend: 'it passes by itself; login.penaltyAfter and login.penaltySeconds of gate.yaml say when and how long',
      };
    case 'source-has-too-many':
      return {
        why: 'the connection was closed at once, because too many from there were waiting to log in',
        mend: 'many customers behind one address: raise login.connectionsPerSource of gate.yaml',
      };
    case 'gate-is-full':
      return {
        why: 'the connection was closed at once, because the gate had too many',
        mend: 'look who holds them (postern session list), or raise login.connections of gate.yaml',
      };
    case 'no-common-algorithm':
      return {
        why: `the client and the gate have no algorithm in common${more}`,
        mend: 'the customer needs a newer client (docs/clients.md); for an old one that lacks Ed25519 host keys, otherHostKeys of gate.yaml may name an RSA key',
      };
    case 'protocol-error':
      return {
        why: `the connection broke${more}`,
        mend: 'a scanner, or a client that docs/clients.md does not know; the log has more under the connection',
      };
    case 'customer-has-too-many':
      return {
        why: `the key was right, but the customer was turned away${more}`,
        mend: 'postern session list shows what they have open; sessions: of the policy and login.connectionsPerCustomer say how many',
      };
    case 'look-up-failed':
      return {
        why: 'the gate could not look the login up, so it let nobody in',
        mend: 'the log of the gate has the fault under the connection; postern doctor looks at the database and its disk',
      };
    case 'too-slow':
      return {
        why: 'the client had asked for nothing when the time for logging in was over',
        mend: 'login.graceSeconds of gate.yaml is that time; a client that asks its user about the host key may need more',
      };
    case 'left':
      return {
        why: 'the client left before it asked for anything',
        mend: 'a scanner, or a client that does not trust the host key: compare its known_hosts with postern hostkey',
      };
  }
}
