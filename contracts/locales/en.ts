import type { Texts } from './texts.js';

export const en: Texts = {
  greeting: 'Hello,',
  closing: 'With kind regards,\n{operatorName}\n{operatorAddress}\nData protection: {dpo}',
  reference: 'Reference: {requestId}',
  simulated: 'SIMULATED TIME: the dates in this letter were moved forward for a demonstration.',
  received: 'We received your request ({right}) on {receivedOn}.',
  rights: {
    access: 'access to your data',
    erasure: 'erasure of your data',
    rectification: 'correction of your data',
    portability: 'transfer of your data',
    restriction: 'restriction of processing',
    objection: 'objection',
    consent_withdrawal: 'withdrawal of consent',
    opt_out: 'opt-out',
  },
  subjects: {
    question: 'A question about your request',
    extension: 'We need more time for your request',
    approval_requested: 'Decision needed on a data-subject request',
    approval_reminder: 'Reminder: decision needed on a data-subject request',
    interim: 'Where your request stands today',
    final: 'Answer to your request',
  },
  question:
    'To go on with your request we need to ask you:\n\n{text}\n\nUntil you answer, the time that the law gives us may stand still.',
  extension:
    'Your request needs more time than the first period. We will answer by {extendedDue} at the latest. The reason:\n\n{text}',
  approvalRequested:
    'A person has asked for {right}. Your organisation is the controller of {records} record(s) of this person with {operatorName}. As your processor we may do nothing before you decide.',
  approvalReminder:
    'We asked you on {requestedOn} to decide on a request ({right}). We have no decision yet, and your silence does not count as one.',
  approvalHow: 'Approval: {approvalId}. Please decide by {due}: {decisionUrl}',
  interimIntro: 'Today is the last day of the period for your request, and it is not finished. This is how it stands:',
  finalIntro: {
    fulfilled: 'Your request has been carried out in full.',
    partially_fulfilled: 'Your request has been carried out in part.',
    nothing_found: 'We searched every system and found nothing about you.',
    refused: 'We cannot carry out your request.',
    rejected_by_controller:
      'The organisation that is responsible for the data did not permit us to carry out your request.',
    controller_silent:
      'The organisation that is responsible for the data has not told us what to do. Without its permission we may not act.',
    cannot_identify: 'We could not confirm that this request comes from you.',
    not_controller: 'We are not responsible for the data that you ask about.',
    out_of_scope: 'Your request is outside of what the law covers.',
    withdrawn: 'You have withdrawn your request. You can take it up again within 14 days.',
    superseded: 'Your request is handled together with an earlier one.',
  },
  headDone: 'What was done:',
  headKept: 'What is kept, and why:',
  headOpen: 'What is still open:',
  headNotFound: 'Searched, nothing found: {datasets}.',
  lineDone: '- {dataset}: {records} record(s) erased, checked on {verifiedOn}.',
  lineCollected: '- {dataset}: {records} record(s) collected for you.',
  lineByHand: '- {dataset}: done by hand.',
  lineKeptUntil: '- {dataset}: {records} record(s) kept until the end of {until} ({basis}).',
  lineKept: '- {dataset}: {records} record(s) kept ({basis}).',
  lineRejected: '- {dataset}: not permitted by the organisation {organisation}.',
  lineUndecided: '- {dataset}: no decision by the organisation {organisation}.',
  lineBlocked: '- {dataset}: blocked ({basis}). It goes on by itself as soon as the reason is gone.',
  lineSkipped: '- {dataset}: not done ({basis}).',
  linePending: '- {dataset}: not finished yet; we go on and write again.',
  lineReview: '- {dataset}: a person has to look at it first.',
  responsible:
    '{organisation} is responsible for this data. We passed your request on {requestedOn}; please turn to them with questions.',
  backupsUntil:
    'Backup copies may still hold your data until {until}. They are not used, and what was erased is erased again after any restore.',
  backupsGone: 'No backup copy holds your data any more.',
  backupsUnknown: 'We could not list the backup copies yet and will write again.',
  packageReady:
    'Your data is ready: {packageUrl}. Opening it needs a code that is sent to your proven address. It can be downloaded once.',
  packageWaits: 'Your data has been collected and is being checked for data about other people before it is released.',
  refusal: {
    manifestly_unfounded: 'The request is manifestly unfounded (Art. 12(5) GDPR).',
    excessive: 'The request is excessive (Art. 12(5) GDPR).',
    exemption: 'The law requires or permits us to keep the data (Art. 17(3) GDPR).',
    rights_of_others: 'It would adversely affect the rights of others (Art. 15(4) GDPR).',
    not_controller: 'We are not the controller of this data.',
    out_of_scope: 'The request is out of scope.',
    no_ground: 'None of the grounds of Art. 17(1) GDPR applies.',
  },
  refusalLate: 'We should have told you this by {refusalDue}. We did not, and we are sorry.',
  reason: 'Our reason: {text}',
  cannotIdentify: 'If you send us more that shows who you are, we take the request up again.',
  commitment: 'Salt of your certificate (keep it; it proves that the certificate is about you): {salt}',
  complaint:
    'If you disagree, you can complain to {authority} ({authorityUrl}) or to the authority where you live, and you can go to court.',
};
