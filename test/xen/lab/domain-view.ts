import { request } from 'node:http';
import type { DomainView } from '../../../server/wire/domain.js';
import { lab } from './hooks.js';

/** What the dom0 half says of a domain. @throws Error while it does not answer */
export function domainView(domain: string): Promise<DomainView> {
  return new Promise((resolve, reject) => {
    const asked = request(
      { socketPath: lab().dom0Socket, path: `/domains/${domain}`, agent: false },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (piece: string) => (text += piece));
        response.on('end', () => {
          resolve(JSON.parse(text) as DomainView);
        });
        response.on('error', reject);
      },
    );
    asked.on('error', reject);
    asked.end();
  });
}
