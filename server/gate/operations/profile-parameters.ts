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

/** What a customer has typed, by name. */
export type CustomersChoice = Readonly<Record<string, string>>;

/**
 * Whether a customer may choose so: only parameters that are the customer's to choose, and only from their
 * closed lists. @returns null when they may; otherwise the offers that they may choose from
 */
export function wrongChoice(
  offers: readonly ParameterOffer[],
  choice: CustomersChoice,
): readonly ParameterOffer[] | null {
  const own = offers.filter(({ chooser, values }) => chooser === 'customer' && values !== null);
  const isRight = ([name, value]: [string, string]): boolean =>
    own.some((offer) => offer.name === name && offer.values?.includes(value) === true);
  return Object.entries(choice).every(isRight) ? null : own;
}

/**
 * Joins a profile's offers with the values set for the domain. A value that the profile does not ask for is
 * left out.
 *
 * @param choice the customer's, which `wrongChoice` has found right; it comes before what is set
 */
export function chooseParameters(
  offers: readonly ParameterOffer[],
  set: ParameterValues,
  choice: CustomersChoice = {},
): ChosenParameters {
  const of = (values: CustomersChoice, name: string): string | undefined =>
    Object.hasOwn(values, name) ? values[name] : undefined;
  const chosen = offers.map((offer) => ({
    offer,
    value: of(choice, offer.name) ?? of(set, offer.name) ?? offer.default,
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
