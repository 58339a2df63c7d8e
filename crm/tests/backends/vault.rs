//! Keys and sealed values, on every backend.

use crate::support::{agent, contact, minute, number, on_every_backend, record};
use crm::{Crm, CrmError, MasterKey, MasterKeys, NewMessage, Personal, Speaker, Value};
use vocabulary::Lane;

#[tokio::test]
async fn seals_opens_and_replaces_values() {
    on_every_backend(|place| async move {
        let crm = place.crm().await;
        assert_eq!(crm.vault.open(contact(1), "number").await, Ok(None), "nothing was sealed yet");
        crm.vault.seal(contact(1), "number", b"+254712000001").await.expect("seals");
        crm.vault.seal(contact(1), "number", b"+254712000002").await.expect("replaces");
        let opened = crm.vault.open(contact(1), "number").await.expect("opens").expect("is there");
        assert_eq!(opened.as_slice(), b"+254712000002");
        assert_eq!(crm.vault.open(contact(1), "name").await, Ok(None));
        assert_eq!(crm.vault.open(contact(2), "number").await, Ok(None));

        // Opened again from the same files, it is all there.
        let again = place.crm().await;
        let key = crm.vault.contact_key(contact(1)).await.expect("a key");
        assert_eq!(again.vault.contact_key(contact(1)).await.expect("a key").bytes(), key.bytes());
        assert_ne!(again.vault.contact_key(contact(2)).await.expect("a key").bytes(), key.bytes());
        assert_eq!(format!("{key:?} {:?}", crm.vault), "ContactKey(***) Vault(***)");
    })
    .await;
}

#[tokio::test]
async fn erasing_destroys_the_key_and_everything_under_it() {
    on_every_backend(|place| async move {
        let crm = place.crm().await;
        let db = place.open().await;
        let amina = agent("amina", &[]);
        crm.records.write(&record(1, Lane::Standard)).await.expect("writes");
        crm.vault.seal(contact(1), "number", b"+254712000001").await.expect("seals");
        crm.vault.seal(contact(2), "number", b"+254712000002").await.expect("seals");
        crm.notes.add(contact(1), &amina, "anaomba pasipoti", minute(2)).await.expect("notes");
        let citizen = crm.citizens.find_or_create(&number(1), minute(1)).await.expect("a citizen");
        crm.citizens.link(contact(1), citizen).await.expect("links");
        crm.messages.open(contact(1), "token", minute(1)).await.expect("opens");
        let select = "SELECT wrapped FROM sealed_key WHERE subject = $1";
        let key_name = || [Value::from(format!("contact:{}", contact(1)))];
        let wrapped =
            db.row(select, &key_name()).await.expect("reads").expect("a key").blob(0).expect("wrapped").to_vec();

        let select_note = "SELECT body FROM note WHERE contact = $1";
        let row = db.row(select_note, &[contact(1).into()]).await.expect("reads").expect("a note");
        let sealed = row.blob(0).expect("sealed").to_vec();

        crm.vault.erase(contact(1), minute(3)).await.expect("erases");
        crm.vault.erase(contact(1), minute(4)).await.expect("twice is none");

        assert_eq!(crm.vault.open(contact(1), "number").await, Err(CrmError::Erased));
        assert_eq!(crm.vault.contact_key(contact(1)).await.map(|_| ()), Err(CrmError::Erased), "recordings too");
        assert_eq!(crm.vault.is_erased(contact(1)).await, Ok(true));
        assert_eq!(crm.vault.is_erased(contact(2)).await, Ok(false));
        assert!(crm.vault.open(contact(2), "number").await.expect("opens").is_some(), "others are untouched");
        assert_eq!(crm.notes.of(contact(1), &amina).await, Ok(Vec::new()));
        assert_eq!(crm.messages.by_token("token").await, Ok(None));
        assert_eq!(crm.citizens.of_contact(contact(1)).await, Ok(None));
        let view = crm.records.get(contact(1), &amina).await.expect("the record stays");
        assert_eq!((view.erased, view.notes, view.citizen), (Some(minute(3)), 0, None));

        // Whoever comes late cannot bring it back.
        assert_eq!(crm.vault.seal(contact(1), "number", b"x").await, Err(CrmError::Erased));
        assert_eq!(crm.notes.add(contact(1), &amina, "tena", minute(5)).await, Err(CrmError::Erased));
        assert_eq!(crm.citizens.link(contact(1), citizen).await, Err(CrmError::Erased));
        let late = NewMessage {
            seq: None,
            client: "a".to_owned(),
            speaker: Speaker::Citizen,
            text: Personal::new("habari"),
            at: minute(5),
        };
        assert_eq!(crm.messages.append(contact(1), &late).await, Err(CrmError::Erased));

        assert_eq!(db.row(select, &key_name()).await.expect("reads").expect("its mark").opt_blob(0), Ok(None));
        if place.is_file {
            let bytes = place.bytes();
            let holds = |needle: &[u8]| bytes.windows(needle.len()).any(|w| w == needle);
            assert!(holds(format!("contact:{}", contact(1)).as_bytes()), "the scan sees the database");
            // Deleted rows are overwritten, not only unlinked: no piece of them is left.
            for piece in wrapped.chunks(8).chain(sealed.chunks(8)) {
                assert!(!holds(piece), "a piece of what was erased is still in the file");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn sealed_values_cannot_be_changed_or_moved() {
    on_every_backend(|place| async move {
        let crm = place.crm().await;
        let db = place.open().await;
        for n in [1, 2] {
            crm.vault.seal(contact(n), "number", b"+254712000001").await.expect("seals");
            crm.vault.seal(contact(n), "name", b"Wanjiru").await.expect("seals");
        }
        let name = |n| Value::from(format!("contact:{}", contact(n)));
        // Another contact's value, another kind's value, another contact's key, a flipped bit.
        let copy = "UPDATE sealed_value SET body = (SELECT body FROM sealed_value WHERE subject = $1 AND kind = $2) \
                    WHERE subject = $3 AND kind = $4";
        db.execute(copy, &[name(2), "number".into(), name(1), "number".into()]).await.expect("copies");
        assert_eq!(crm.vault.open(contact(1), "number").await, Err(CrmError::Tampered));
        db.execute(copy, &[name(2), "number".into(), name(2), "name".into()]).await.expect("copies");
        assert_eq!(crm.vault.open(contact(2), "name").await, Err(CrmError::Tampered));
        let row = db.row("SELECT body FROM sealed_value WHERE subject = $1 AND kind = 'name'", &[name(1)]).await;
        let mut body = row.expect("reads").expect("is there").blob(0).expect("bytes").to_vec();
        *body.last_mut().expect("not empty") ^= 1;
        let put = "UPDATE sealed_value SET body = $1 WHERE subject = $2 AND kind = 'name'";
        db.execute(put, &[body.into(), name(1)]).await.expect("puts");
        assert_eq!(crm.vault.open(contact(1), "name").await, Err(CrmError::Tampered));
        let swap =
            "UPDATE sealed_key SET wrapped = (SELECT wrapped FROM sealed_key WHERE subject = $1) WHERE subject = $2";
        db.execute(swap, &[name(1), name(2)]).await.expect("swaps");
        assert_eq!(crm.vault.open(contact(2), "number").await, Err(CrmError::Tampered));
    })
    .await;
}

#[tokio::test]
async fn safeguarding_keys_need_the_safeguarding_master() {
    on_every_backend(|place| async move {
        let crm = place.crm().await;
        let db = place.open().await;
        crm.vault.seal(contact(1), "number", b"+254712000001").await.expect("seals");
        let before = crm.vault.contact_key(contact(1)).await.expect("a key");
        crm.records.write(&record(1, Lane::Gbv)).await.expect("writes");
        crm.records.write(&record(2, Lane::Gbv)).await.expect("writes");
        crm.records.write(&record(3, Lane::Standard)).await.expect("writes");
        crm.vault.contact_key(contact(3)).await.expect("a key");
        let rows = db.rows("SELECT class FROM sealed_key ORDER BY subject", &[]).await.expect("reads");
        let classes: Vec<&str> = rows.iter().map(|r| r.text(0).expect("a class")).collect();
        assert_eq!(classes, ["safeguarding", "safeguarding", "ordinary"]);
        assert_eq!(crm.vault.contact_key(contact(1)).await.expect("a key").bytes(), before.bytes(), "the same key");
        assert!(crm.vault.open(contact(1), "number").await.expect("opens").is_some(), "rewrapped, not lost");

        // The ordinary master key opens none of them, though the row claims so.
        db.execute("UPDATE sealed_key SET class = 'ordinary'", &[]).await.expect("claims");
        assert_eq!(crm.vault.open(contact(1), "number").await, Err(CrmError::Tampered));
        assert!(crm.vault.contact_key(contact(3)).await.is_ok());
    })
    .await;
}

#[tokio::test]
async fn refuses_the_keys_of_another_centre() {
    on_every_backend(|place| async move {
        drop(place.crm().await);
        let right = place.keys();
        let wrong = MasterKey::from_bytes([7; 32]);
        let other = MasterKeys { ordinary: wrong.clone(), ..right.clone() };
        let refused = Crm::open(place.open().await, other).await.expect_err("another key");
        assert_eq!(refused, CrmError::WrongKey("ordinary"));
        let other = MasterKeys { safeguarding: wrong, ..right };
        let refused = Crm::open(place.open().await, other).await.expect_err("another key");
        assert_eq!(refused, CrmError::WrongKey("safeguarding"));
    })
    .await;
}

#[tokio::test]
async fn nothing_personal_is_in_the_file_or_in_debug() {
    on_every_backend(|place| async move {
        let crm = place.crm().await;
        let amina = agent("amina", &[]);
        crm.records.write(&record(1, Lane::Standard)).await.expect("writes");
        crm.vault.seal(contact(1), "number", b"+254712000001").await.expect("seals");
        let citizen = crm.citizens.find_or_create(&number(1), minute(1)).await.expect("a citizen");
        crm.citizens.link(contact(1), citizen).await.expect("links");
        crm.citizens.rename(citizen, "Wanjiru Kamau", Some(contact(1)), &amina, minute(1)).await.expect("renames");
        crm.notes.add(contact(1), &amina, "mtoto mgonjwa", minute(2)).await.expect("notes");
        crm.messages.open(contact(1), "siri-ya-ukurasa", minute(1)).await.expect("opens");
        let said = NewMessage {
            seq: Some(1),
            client: "m1".to_owned(),
            speaker: Speaker::Citizen,
            text: Personal::new("ninahitaji cheti"),
            at: minute(1),
        };
        crm.messages.append(contact(1), &said).await.expect("appends");
        crm.messages.save(contact(1), b"jina: Wanjiru").await.expect("saves");
        let act = crm::AuditAct {
            at: minute(1),
            who: "amina",
            what: "contact.opened",
            contact: Some(contact(1)),
            reason: "Wanjiru aliomba",
        };
        crm.audit.append(act).await.expect("appends");
        let new = crm::NewCase {
            tenant: crate::support::huduma(),
            lane: Lane::Standard,
            kind: crm::CaseKind::Inquiry,
            service: None,
            contact: Some(contact(1)),
            citizen: None,
            title: "Pasipoti ya Wanjiru".to_owned(),
            due: None,
        };
        let case = crm.cases.open(&new, &amina, minute(2)).await.expect("opens");

        let shown = format!(
            "{said:?} {:?} {:?} {case:?} {:?} {:?}",
            crm.notes.of(contact(1), &amina).await.expect("reads"),
            crm.citizens.get(citizen, &amina).await.expect("reads"),
            crm.messages.open_conversations().await.expect("reads"),
            crm.messages.after(contact(1), 0).await.expect("reads"),
        );
        let bytes = if place.is_file { place.bytes() } else { everything(&place.open().await).await };
        assert!(bytes.windows(5).any(|w| w == b"amina"), "the scan sees the database");
        for secret in ["712000001", "12000001", "Wanjiru", "mgonjwa", "ninahitaji", "siri-ya-ukurasa"] {
            assert!(!bytes.windows(secret.len()).any(|w| w == secret.as_bytes()), "{secret} is in the database");
            assert!(!shown.contains(secret), "{secret} is in Debug: {shown}");
        }
        for key in ["master.key", "safeguarding.key"] {
            let text = std::fs::read_to_string(place.folder.join(key)).expect("a key file");
            assert!(!bytes.windows(64).any(|w| w == text.trim().as_bytes()));
        }
    })
    .await;
}

/// Every value of every table, for a database whose files are not ours to read.
async fn everything(db: &crm::Db) -> Vec<u8> {
    let tables = "SELECT table_name::TEXT FROM information_schema.tables WHERE table_schema = current_schema()";
    let mut all = Vec::new();
    for table in db.rows(tables, &[]).await.expect("lists tables") {
        let rows = format!("SELECT CAST(t AS TEXT) FROM {} t", table.text(0).expect("a name"));
        for row in db.rows(&rows, &[]).await.expect("reads a table") {
            all.extend_from_slice(row.text(0).expect("a row").as_bytes());
        }
    }
    all
}
