import { dataset, system } from '../connector-kit.js';

/** The SendGrid system as the shipped packs declare it. */
export const SENDGRID = system('sendgrid', [
  dataset({ id: 'contacts', role: 'processor', organisation: { from: 'users' }, identifiers: { email: ['email'] } }),
  dataset({
    id: 'activity',
    role: 'processor',
    organisation: { from: 'users' },
    identifiers: { email: ['email'] },
    derived: true,
  }),
  dataset({
    id: 'suppressions',
    role: 'processor',
    organisation: { from: 'users' },
    identifiers: { email: ['email'] },
    erase: { kind: 'keep', basis: 'art-21-3' },
  }),
]);
