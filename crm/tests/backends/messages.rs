//! Chat texts and conversations, on every backend.

use crate::support::{agent, contact, minute, on_every_backend};
use crm::{Appended, CrmError, NewMessage, Personal, Refusal, Speaker, Transcript, Value};
use std::collections::BTreeSet;
use vocabulary::{Language, RecordingId};

fn said(client: &str, text: &str) -> NewMessage {
    let speaker = Speaker::Citizen;
    NewMessage { seq: None, client: client.to_owned(), speaker, text: Personal::new(text), at: minute(1) }
}

#[tokio::test]
async fn a_text_sent_twice_is_kept_once() {
    on_every_backend(|place| async move {
        let crm = place.crm().await;
        let append = async |new: NewMessage| crm.messages.append(contact(1), &new).await;
        assert_eq!(append(said("a", "Habari")).await, Ok(Appended { seq: 1, fresh: true }));
        assert_eq!(append(said("b", "Nzuri")).await, Ok(Appended { seq: 2, fresh: true }));
        assert_eq!(append(said("a", "Habari")).await, Ok(Appended { seq: 1, fresh: false }));
        assert_eq!(
            append(NewMessage { seq: Some(5), ..said("c", "Asante") }).await,
            Ok(Appended { seq: 5, fresh: true })
        );
        let taken = append(NewMessage { seq: Some(5), ..said("d", "?") }).await;
        assert!(matches!(taken, Err(CrmError::Store(error)) if error.is_duplicate()));
        // Another contact's ids are its own.
        assert_eq!(crm.messages.append(contact(2), &said("a", "Sasa")).await, Ok(Appended { seq: 1, fresh: true }));
        let after = crm.messages.after(contact(1), 1).await.expect("reads");
        let texts: Vec<(u64, &str)> = after.iter().map(|m| (m.seq, m.text.reveal())).collect();
        assert_eq!(texts, [(2, "Nzuri"), (5, "Asante")]);
    })
    .await;
}

#[tokio::test]
async fn texts_at_once_take_numbers_without_gaps() {
    on_every_backend(|place| async move {
        let crm = place.crm().await;
        let mut tasks = Vec::new();
        for n in 0..20 {
            let messages = crm.messages.clone();
            // Each is sent twice, as a page does that lost the answer.
            let client = format!("m{}", n / 2);
            tasks.push(tokio::spawn(async move {
                messages.append(contact(1), &said(&client, "x")).await.expect("keeps").seq
            }));
        }
        let mut numbers = BTreeSet::new();
        for task in tasks {
            numbers.insert(task.await.expect("no task fails"));
        }
        assert_eq!(numbers, (1..=10).collect());
    })
    .await;
}

#[tokio::test]
async fn an_open_conversation_is_restored() {
    on_every_backend(|place| async move {
        let crm = place.crm().await;
        for n in [1, 2] {
            crm.messages.open(contact(n), &format!("token-{n}"), minute(n)).await.expect("opens");
        }
        crm.messages.open(contact(1), "token-1", minute(5)).await.expect("once more");
        let stolen = crm.messages.open(contact(1), "other", minute(5)).await;
        assert!(matches!(stolen, Err(CrmError::Store(error)) if error.is_duplicate()));
        crm.messages.append(contact(1), &said("a", "Habari")).await.expect("keeps");
        crm.messages.save(contact(1), b"{\"step\":\"queue\"}").await.expect("saves");
        crm.messages.close(contact(2), minute(6)).await.expect("closes");
        crm.messages.close(contact(2), minute(7)).await.expect("twice is none");
        drop(crm);

        let crm = place.crm().await;
        let open = crm.messages.open_conversations().await.expect("reads");
        assert_eq!(open.len(), 1);
        assert_eq!((open[0].contact, open[0].opened, open[0].last_seq), (contact(1), minute(1), 1));
        assert_eq!(open[0].state.as_deref(), Some(&b"{\"step\":\"queue\"}"[..]));
        assert_eq!(crm.messages.by_token("token-1").await, Ok(Some(contact(1))));
        assert_eq!(crm.messages.by_token("token-2").await, Ok(Some(contact(2))), "how it ended can be shown");
        assert_eq!(crm.messages.by_token("guess").await, Ok(None));
        assert_eq!(crm.messages.save(contact(2), b"x").await, Err(CrmError::NotFound));
    })
    .await;
}

#[tokio::test]
async fn hostile_texts_are_refused_and_swapped_texts_noticed() {
    on_every_backend(|place| async move {
        let crm = place.crm().await;
        let append = async |new: NewMessage| crm.messages.append(contact(1), &new).await;
        let long = CrmError::Refused(Refusal::TooLong { what: "text", most: 8_000 });
        assert_eq!(append(said("a", &"x".repeat(8_001))).await, Err(long));
        let long = CrmError::Refused(Refusal::TooLong { what: "text id", most: 64 });
        assert_eq!(append(said(&"x".repeat(65), "x")).await, Err(long));
        for id in ["", "a\0b", "a b", "\u{202e}"] {
            let refused = CrmError::Refused(Refusal::Unprintable { what: "text id" });
            assert_eq!(append(said(id, "x")).await, Err(refused), "{id:?}");
        }
        append(said("a", "nul \0 \u{1f600}")).await.expect("any text is kept");
        append(said("b", "x")).await.expect("keeps");
        assert_eq!(crm.messages.after(contact(1), 0).await.expect("reads")[0].text.reveal(), "nul \0 \u{1f600}");
        let db = place.open().await;
        let swap =
            "UPDATE message SET body = (SELECT m.body FROM message m WHERE m.contact = $1 AND m.seq = 1) WHERE seq = 2";
        db.execute(swap, &[Value::from(contact(1))]).await.expect("swaps");
        assert_eq!(crm.messages.after(contact(1), 0).await, Err(CrmError::Tampered));
    })
    .await;
}

#[tokio::test]
async fn transcripts_are_kept_per_recording() {
    on_every_backend(|place| async move {
        let crm = place.crm().await;
        let amina = crate::support::engaged(&agent("amina", &[]), contact(1));
        let recording = RecordingId(vocabulary::Ulid::from_parts(1, 1));
        let made = |text: &str| Transcript {
            recording,
            language: Some(Language::SW),
            at: minute(1),
            text: Personal::new(text),
        };
        crm.transcripts.write(contact(1), &made("habari")).await.expect("writes");
        crm.transcripts.write(contact(1), &made("habari yako")).await.expect("writes again");
        assert_eq!(crm.transcripts.of(contact(1), &amina).await, Ok(vec![made("habari yako")]));
        assert_eq!(crm.transcripts.of(contact(1), &agent("brian", &[])).await, Err(CrmError::NotFound));
        crm.vault.erase(contact(1), minute(2)).await.expect("erases");
        assert_eq!(crm.transcripts.of(contact(1), &amina).await, Ok(Vec::new()));
        assert_eq!(crm.transcripts.write(contact(1), &made("tena")).await, Err(CrmError::Erased));
    })
    .await;
}
