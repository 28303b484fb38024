import { readRevocationList } from '../../gate/certificates/revoked-keys.js';
import { asOwner } from '../admin/as-owner.js';
import { fail, ok } from '../installation/diagnosis.js';
import type { Diagnosis } from '../installation/diagnosis.js';

/**
 * Reads the list of revoked keys as the gate does, and as its user.
 *
 * @param file null: the settings name none
 * @param state the gate's state directory, whose owner the gate runs as
 */
export async function checkRevokedKeys(file: string | null, state: string): Promise<Diagnosis[]> {
  if (file === null) return [];
  const found = await asOwner(state, () => Promise.resolve(readRevocationList(file)));
  if (typeof found !== 'string') return [ok('revoked keys', `${file} can be read`)];
  return [
    fail(
      'revoked keys',
      `${file}: ${found}; nobody logs in with a certificate until it can be read`,
      'put a whole file in its place: a KRL of `ssh-keygen -k`, or public keys, one a line; an empty file revokes nothing',
    ),
  ];
}
