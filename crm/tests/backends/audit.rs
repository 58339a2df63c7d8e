//! The audit log, on every backend.

use crate::support::{Place, agent, contact, minute, on_every_backend};
use crm::{AuditAct, AuditBroken, AuditLog, Crm, CrmError, Refusal, Value, Viewer};
use std::collections::BTreeSet;
use vocabulary::centre::Role;

async fn write(log: &AuditLog, n: i64) -> u64 {
    let reason = format!("sababu {n}");
    let act =
        AuditAct { at: minute(n), who: "amina", what: "recording.played", contact: Some(contact(n)), reason: &reason };
    log.append(act).await.expect("appends")
}

async fn five(place: &Place) -> Crm {
    let crm = place.crm().await;
    for n in 1..=5 {
        assert_eq!(write(&crm.audit, n).await, n.unsigned_abs());
    }
    crm
}

#[tokio::test]
async fn every_entry_is_there_in_order_for_the_officer_alone() {
    on_every_backend(|place| async move {
        let crm = five(&place).await;
        let whole = crm.audit.verify().await.expect("whole");
        assert_eq!(whole.entries, 5);
        let officer = Viewer { roles: BTreeSet::from([Role::Dpo]), ..agent("dina", &[]) };
        let entries = crm.audit.after(3, &officer).await.expect("reads");
        assert_eq!(entries.iter().map(|e| e.seq).collect::<Vec<_>>(), [4, 5]);
        assert_eq!((entries[0].who.as_str(), entries[0].contact), ("amina", Some(contact(4))));
        assert_eq!(entries[0].reason.as_ref().map(|r| r.reveal()), Some("sababu 4"));
        let admin = Viewer { roles: BTreeSet::from([Role::Admin, Role::Supervisor]), ..officer };
        assert_eq!(crm.audit.after(0, &admin).await, Err(CrmError::NotFound));

        // Erasing is written down, and does not break the chain.
        crm.vault.seal(contact(4), "number", b"x").await.expect("seals");
        crm.erase(contact(4), &admin.name, "DPG5", minute(9)).await.expect("erases");
        assert_eq!(crm.audit.verify().await.expect("whole").entries, 6);
        assert_eq!(crm.vault.is_erased(contact(4)).await, Ok(true));
        assert_ne!(crm.audit.verify().await.expect("whole").head, whole.head);
    })
    .await;
}

#[tokio::test]
async fn an_empty_log_is_whole_and_long_reasons_are_refused() {
    on_every_backend(|place| async move {
        let crm = place.crm().await;
        assert_eq!(crm.audit.verify().await.expect("whole").entries, 0);
        let reason = "x".repeat(1_001);
        let act = AuditAct { at: minute(1), who: "amina", what: "recording.played", contact: None, reason: &reason };
        let refused = CrmError::Refused(Refusal::TooLong { what: "reason", most: 1_000 });
        assert_eq!(crm.audit.append(act).await, Err(refused));
        assert_eq!(crm.audit.verify().await.expect("whole").entries, 0);
    })
    .await;
}

#[tokio::test]
async fn whatever_is_changed_is_noticed() {
    let changes = [
        ("UPDATE audit SET who = 'brian' WHERE seq = 3", Some(3)),
        ("UPDATE audit SET what = 'contact.opened' WHERE seq = 3", Some(3)),
        ("UPDATE audit SET at = at + 1 WHERE seq = 3", Some(3)),
        ("UPDATE audit SET contact = NULL WHERE seq = 3", Some(3)),
        ("UPDATE audit SET reason = NULL WHERE seq = 3", Some(3)),
        ("UPDATE audit SET mac = reason WHERE seq = 3", Some(3)),
        ("DELETE FROM audit WHERE seq = 1", Some(1)),
        ("DELETE FROM audit WHERE seq = 3", Some(3)),
        ("UPDATE audit SET seq = 9 WHERE seq = 2", Some(2)),
        ("DELETE FROM audit WHERE seq = 5", None),
        ("DELETE FROM audit", None),
        ("DELETE FROM audit_head", None),
        ("UPDATE audit_head SET seq = 4", None),
    ];
    for (change, at) in changes {
        on_every_backend(|place| async move {
            let crm = five(&place).await;
            place.open().await.execute(change, &[]).await.expect("changes");
            let broken = crm.audit.verify().await.expect_err(change);
            match at {
                Some(at) => assert_eq!(broken, AuditBroken::Entry { at }, "{change}"),
                None => assert!(matches!(broken, AuditBroken::End { .. }), "{change}: {broken}"),
            }
        })
        .await;
    }
}

#[tokio::test]
async fn a_hidden_end_stays_visible_when_the_log_goes_on() {
    on_every_backend(|place| async move {
        let crm = five(&place).await;
        let db = place.open().await;
        db.execute("DELETE FROM audit WHERE seq = $1", &[Value::from(5)]).await.expect("deletes");
        write(&crm.audit, 6).await;
        assert_eq!(crm.audit.verify().await.expect_err("broken"), AuditBroken::Entry { at: 5 });
    })
    .await;
}

#[tokio::test]
async fn many_at_once_make_one_chain() {
    on_every_backend(|place| async move {
        let crm = place.crm().await;
        let mut tasks = Vec::new();
        for n in 1..=20 {
            let log = crm.audit.clone();
            tasks.push(tokio::spawn(async move { write(&log, n).await }));
        }
        let mut places = BTreeSet::new();
        for task in tasks {
            places.insert(task.await.expect("no task fails"));
        }
        assert_eq!(places, (1..=20).collect());
        assert_eq!(crm.audit.verify().await.expect("whole").entries, 20);
    })
    .await;
}
