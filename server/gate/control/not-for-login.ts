import { listed, shortList } from '../../../policy/listing.js';
import { printable } from '../../../policy/printable.js';
import type { CertificateForecast } from './certificate-forecast.js';
import type { Reason } from './reason.js';

/** The most characters of a principal that are shown. */
const SHOWN = 64;

/**
 * Says why a genuine certificate is not for a login: nobody has the name, the principals do not have it, or the CA does
 * not speak for the customer.
 *
 * @param login as it was typed, printable
 */
export function notForLogin(login: string, now: CertificateForecast): Reason {
  const { certificate, authority, found, candidates, namedAt } = now;
  const { principals, validAfter } = certificate;
  const ca = `the CA ${authority?.name ?? ''}`;
  if (found !== null && namedAt !== null && validAfter < Date.parse(namedAt))
    return {
      why: `the certificate begins on ${new Date(validAfter).toISOString()}, and ${found.customer} has the name, which was somebody else's, since ${namedAt}`,
      mend: 'sign a new one that begins later (-V)',
    };
  if (candidates.length === 0)
    return {
      why: `there is no customer ${login}, and no domain of that name with a customer`,
      mend: 'a new customer: postern customer add NAME; the login is one of the principals (-n)',
    };
  if (principals.length === 0)
    return { why: 'the certificate has no principals, so it is good for nobody', mend: signFor(login) };
  const named = candidates.filter(
    ({ customer, domain }) =>
      principals.includes(customer) || (domain !== null && principals.includes(domain)),
  );
  if (named.length === 0)
    return {
      why: `the principals of the certificate are ${shortList(principals.map(shown))}, and none is ${login}`,
      mend: signFor(login),
    };
  const spoken = named.filter(({ isSpokenFor }) => isSpokenFor);
  if (spoken.length === 0)
    return {
      why: `${ca} does not speak for ${listed(named.map(({ customer }) => customer))}`,
      mend: 'look at postern ca list; to change it, remove the CA and add it again (postern ca add)',
    };
  const byName = spoken.filter(({ customer }) => principals.includes(customer));
  if (byName.length === 0 && authority?.sole !== true)
    return {
      why: `the certificate names the domain ${login}, and ${ca} was not added for one customer alone`,
      mend: `name the customer in the certificate: -n ${listed(spoken.map(({ customer }) => customer))}`,
    };
  if (spoken.length > 1)
    return {
      why: `${login} is a domain, and the certificate is good for ${listed(spoken.map(({ customer }) => customer))}, who all have a role on it`,
      mend: "log in by the customer's name instead of the domain's",
    };
  return {
    why: `${ca} does not speak for ${spoken[0]?.customer ?? login} any more`,
    mend: 'look at postern ca list',
  };
}

function signFor(login: string): string {
  return `sign it for this name: ssh-keygen -s CA -n ${login}`;
}

/** @param text one byte a character */
function shown(text: string): string {
  return printable(Buffer.from(text, 'latin1').toString('utf8'), SHOWN);
}
