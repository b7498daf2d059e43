/** The mail with which a recipient is told of an erasure, rectification or restriction (GDPR Art. 19). */
export interface NoticeTexts {
  readonly simulated: string;
  readonly subject: string;
  readonly body: string;
  readonly what: Readonly<Record<'erasure' | 'rectification' | 'restriction', string>>;
}

export const NOTICE_TEXTS: Readonly<Record<'en' | 'nb' | 'sv', NoticeTexts>> = {
  en: {
    simulated: 'SIMULATED TIME: this was moved forward for a demonstration.',
    subject: 'Notice {noticeId} under Art. 19 GDPR',
    body: 'To {recipient}\n\n{operatorName} disclosed personal data to you. {what}\n\nNotice: {noticeId}. Which person it is about, by your own reference, is at {noticeUrl} for the holder of your token.\n\nPlease tell us what you did: a signed event notice.acknowledged at {eventsUrl}, or an answer to this mail that quotes the notice.\n\n{operatorName}\n{operatorAddress}\nData protection: {dpo}',
    what: {
      erasure: 'We have erased data of one person. Please erase it as well, with every link, copy and replication.',
      rectification: 'We have corrected data of one person. Please correct it as well.',
      restriction: 'We have restricted the processing of data of one person. Please restrict it as well.',
    },
  },
  nb: {
    simulated: 'SIMULERT TID: dette er flyttet fram for en demonstrasjon.',
    subject: 'Underretning {noticeId} etter personvernforordningen art. 19',
    body: 'Til {recipient}\n\n{operatorName} har utlevert personopplysninger til dere. {what}\n\nUnderretning: {noticeId}. Hvilken person det gjelder, med deres egen referanse, ligger på {noticeUrl} for den som har deres nøkkel.\n\nSi fra hva dere har gjort: en signert hendelse notice.acknowledged til {eventsUrl}, eller et svar på denne e-posten som viser til underretningen.\n\n{operatorName}\n{operatorAddress}\nPersonvern: {dpo}',
    what: {
      erasure:
        'Vi har slettet opplysninger om én person. Slett dem også hos dere, med alle lenker, kopier og reproduksjoner.',
      rectification: 'Vi har rettet opplysninger om én person. Rett dem også hos dere.',
      restriction: 'Vi har begrenset behandlingen av opplysninger om én person. Begrens den også hos dere.',
    },
  },
  sv: {
    simulated: 'SIMULERAD TID: detta har flyttats fram för en demonstration.',
    subject: 'Underrättelse {noticeId} enligt artikel 19 i dataskyddsförordningen',
    body: 'Till {recipient}\n\n{operatorName} har lämnat ut personuppgifter till er. {what}\n\nUnderrättelse: {noticeId}. Vilken person det gäller, med er egen referens, finns på {noticeUrl} för den som har er nyckel.\n\nTala om vad ni har gjort: en signerad händelse notice.acknowledged till {eventsUrl}, eller ett svar på detta mejl som anger underrättelsen.\n\n{operatorName}\n{operatorAddress}\nDataskydd: {dpo}',
    what: {
      erasure:
        'Vi har raderat uppgifter om en person. Radera dem också hos er, med alla länkar, kopior och avskrifter.',
      rectification: 'Vi har rättat uppgifter om en person. Rätta dem också hos er.',
      restriction: 'Vi har begränsat behandlingen av uppgifter om en person. Begränsa den också hos er.',
    },
  },
};
