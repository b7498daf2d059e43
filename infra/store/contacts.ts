/** Whom an organisation named for decisions: port OrganisationContacts over the organisations' documents. */
import type { OrganisationContacts } from '../../domain/ports/services.js';
import type { PartyStore } from './parties.js';

export function createContacts(parties: Pick<PartyStore, 'organisation'>): OrganisationContacts {
  return {
    async contact(operator, organisation, kind) {
      const doc = await parties.organisation(operator, organisation);
      if (doc === null) return null;
      const email =
        (kind === 'dpo' ? doc.contacts.dpo : doc.contacts.admin) ??
        doc.contacts.escalation ??
        doc.contacts.admin ??
        doc.contacts.dpo;
      return email === null ? null : { email, language: doc.language };
    },
    async known(operator, organisation) {
      const doc = await parties.organisation(operator, organisation);
      return doc === null ? null : { name: doc.name, contact: doc.contacts.dpo };
    },
  };
}
