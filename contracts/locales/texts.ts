/** Shape of a catalogue of letters. Structural twin of domain/letters/catalogue.ts (contracts import nothing of ours). */
export interface Texts {
  readonly greeting: string;
  readonly closing: string;
  readonly reference: string;
  readonly simulated: string;
  readonly received: string;
  readonly rights: Readonly<Record<string, string>>;
  readonly subjects: Readonly<
    Record<'question' | 'extension' | 'approval_requested' | 'approval_reminder' | 'interim' | 'final', string>
  >;
  readonly question: string;
  readonly extension: string;
  readonly approvalRequested: string;
  readonly approvalReminder: string;
  readonly approvalHow: string;
  readonly interimIntro: string;
  readonly finalIntro: Readonly<Record<string, string>>;
  readonly headDone: string;
  readonly headKept: string;
  readonly headOpen: string;
  readonly headNotFound: string;
  readonly lineDone: string;
  readonly lineCollected: string;
  readonly lineByHand: string;
  readonly lineKeptUntil: string;
  readonly lineKept: string;
  readonly lineRejected: string;
  readonly lineUndecided: string;
  readonly lineBlocked: string;
  readonly lineSkipped: string;
  readonly linePending: string;
  readonly lineReview: string;
  readonly responsible: string;
  readonly backupsUntil: string;
  readonly backupsGone: string;
  readonly backupsUnknown: string;
  readonly packageReady: string;
  readonly packageWaits: string;
  readonly refusal: Readonly<Record<string, string>>;
  readonly refusalLate: string;
  readonly reason: string;
  readonly cannotIdentify: string;
  readonly commitment: string;
  readonly complaint: string;
}
