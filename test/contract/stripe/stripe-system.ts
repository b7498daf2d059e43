import { dataset, system } from '../connector-kit.js';

/** The Stripe system as the shipped packs declare it. */
export const STRIPE = system('stripe', [
  dataset({ id: 'customers', identifiers: { email: ['email'], customerId: ['id'] }, createdAt: 'created' }),
  dataset({
    id: 'invoices',
    identifiers: { customerId: ['customer'] },
    createdAt: 'created',
    erase: { kind: 'keep', basis: '17-3-b' },
    hold: {
      id: 'bookkeeping',
      law: 'se-bokforingslagen-7-2',
      exemption: '17-3-b',
      noGround: null,
      documentOn: 'created',
      financialYearEndMonth: 12,
      whileField: null,
      endsOn: null,
    },
  }),
]);
