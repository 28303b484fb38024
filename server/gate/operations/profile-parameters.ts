import type { ParameterValues } from '../../../policy/boot-parameter.js';
import type { DomainName } from '../../../policy/names.js';
import type { ParameterOffer } from '../../wire/contract.js';

/** What admins have set for domains. */
export interface ParametersOfDomains {
  /** The values that count: for a retired domain, only those that were set after it was retired. */
  values(domain: DomainName): ParameterValues;
}

/** The parameters that a profile would be booted with. */
interface ChosenParameters {
  /** In the profile's order. The value is the one that is set, or the default; null when there is neither. */
  readonly chosen: readonly { readonly offer: ParameterOffer; readonly value: string | null }[];
  /** The values, by name. */
  readonly values: ParameterValues;
  /** Those without a value, and those whose value is not in the host's list. */
  readonly unfit: readonly ParameterOffer[];
}

/**
 * Joins a profile's offers with the values set for the domain. A value that the profile does not ask for is
 * left out.
 */
export function chooseParameters(offers: readonly ParameterOffer[], set: ParameterValues): ChosenParameters {
  const chosen = offers.map((offer) => ({
    offer,
    value: (Object.hasOwn(set, offer.name) ? set[offer.name] : undefined) ?? offer.default,
  }));
  return {
    chosen,
    values: Object.fromEntries(
      chosen.flatMap(({ offer, value }) => (value === null ? [] : [[offer.name, value]])),
    ),
    unfit: chosen
      .filter(({ offer, value }) => value === null || offer.values?.includes(value) === false)
      .map(({ offer }) => offer),
  };
}
