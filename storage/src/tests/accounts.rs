//! Accounts, whose they are, and where people are signed in.

use std::sync::mpsc::{Receiver, channel};

use greenroom_protocol::{Name, UserId};

use super::support::{House, at};
use crate::{Access, Account, Admins, Change, ChangeRefused, Intent, Refused, SignIn, Taken, TokenHash};

pub(super) type Changed = Result<(), ChangeRefused>;

pub(super) fn account(name: &str, email: &str) -> Account {
    Account {
        id: UserId::new(),
        name: Name::account(name).unwrap(),
        email: email.into(),
        display_name: String::new(),
        status_text: String::new(),
        hue: 200,
        password: "$argon2id$…".into(),
        created: at(5),
        admin: false,
        access: Access::Open,
    }
}

fn sign_in(account: &Account) -> SignIn {
    SignIn { user: account.id, from: at(5), until: at(1_000) }
}

pub(super) fn submit(house: &House, change: impl FnOnce(crate::Reply<Changed>) -> Change) -> Receiver<Changed> {
    let (answer, answered) = channel();
    let change = change(Box::new(move |changed| answer.send(changed).unwrap()));
    house.store.submit(Intent::Change(change));
    answered
}

pub(super) fn register(house: &House, account: &Account, token: u8) -> Changed {
    submit(house, |reply| Change::register(account, [token; 32], sign_in(account), reply)).recv().unwrap()
}

fn taken(changed: &Changed) -> Option<Taken> {
    Taken::of(changed.as_ref().unwrap_err())
}

#[test]
fn whoever_registers_is_found_by_id_email_and_name_also_after_a_restart_and_without_the_index() {
    let house = House::new();
    let ana = account("Ana", "Ana@Example.org");
    assert_eq!(register(&house, &ana, 1), Ok(()));
    let knows = |house: &House| {
        assert_eq!(house.store.account(ana.id).unwrap().as_ref(), Some(&ana));
        assert_eq!(house.store.account_by_email("ana@example.ORG").unwrap().as_ref(), Some(&ana));
        assert_eq!(house.store.account_by_name(&Name::guest("ana").unwrap()).unwrap().as_ref(), Some(&ana));
        assert_eq!(house.store.sign_in(&[1; 32]).unwrap(), Some(sign_in(&ana)));
        assert_eq!(house.store.sign_ins_of(ana.id).unwrap(), [[1; 32]]);
        assert_eq!(house.store.sign_in(&[2; 32]).unwrap(), None);
    };
    knows(&house);
    house.settle();
    knows(&house);
    let house = house.after_kill();
    knows(&house);
    let (dir, tuning, durability) = house.close();
    std::fs::remove_dir_all(dir.path().join("index")).unwrap();
    knows(&House::open(dir, tuning, durability).unwrap());
}

#[test]
fn of_many_who_want_one_name_at_once_one_has_it() {
    let house = House::new();
    let wanting: Vec<Account> = (0..20).map(|n| account("Ana", &format!("{n}@example.org"))).collect();
    let asked: Vec<_> = wanting
        .iter()
        .map(|account| submit(&house, |reply| Change::register(account, [7; 32], sign_in(account), reply)))
        .collect();
    let changed: Vec<Changed> = asked.iter().map(|answer| answer.recv().unwrap()).collect();
    assert_eq!(changed.iter().filter(|changed| changed.is_ok()).count(), 1);
    let refused = changed.iter().filter(|changed| changed.is_err());
    assert!(refused.map(taken).all(|taken| taken == Some(Taken::Name)));
    let owners = wanting.iter().filter(|wanting| house.store.account(wanting.id).unwrap().is_some());
    assert_eq!(owners.count(), 1, "nothing is left of those who were refused");
}

#[test]
fn what_is_taken_is_said_and_a_look_alike_counts() {
    let house = House::new();
    let ana = account("Ana", "ana@example.org");
    assert_eq!(register(&house, &ana, 1), Ok(()));
    for settled in [false, true] {
        assert_eq!(taken(&register(&house, &account("Bob", "ANA@example.org"), 2)), Some(Taken::Email), "{settled}");
        assert_eq!(taken(&register(&house, &account("ANA", "b@example.org"), 2)), Some(Taken::Name), "{settled}");
        let again = Account { id: ana.id, ..account("Bob", "b@example.org") };
        assert_eq!(taken(&register(&house, &again, 2)), Some(Taken::Person), "{settled}");
        house.settle();
    }
}

#[test]
fn a_new_name_frees_the_old_one_and_a_stale_change_is_refused() {
    let house = House::new();
    let (ana, bob) = (account("Ana", "ana@example.org"), account("Bob", "bob@example.org"));
    assert_eq!((register(&house, &ana, 1), register(&house, &bob, 2)), (Ok(()), Ok(())));
    let change = |before: &Account, after: &Account| {
        submit(&house, |reply| Change::account(before, after, &[], reply)).recv().unwrap()
    };
    let eve = Account { name: Name::account("Eve").unwrap(), ..ana.clone() };
    assert_eq!(change(&ana, &eve), Ok(()));
    let stale = Account { status_text: "late".into(), ..ana.clone() };
    assert!(matches!(change(&ana, &stale), Err(ChangeRefused::Changed(_))));
    assert_eq!(taken(&change(&bob, &Account { name: eve.name.clone(), ..bob.clone() })), Some(Taken::Name));
    assert_eq!(change(&bob, &Account { name: ana.name.clone(), ..bob.clone() }), Ok(()), "Ana's name is free");
    for _ in ["from memory", "from the index"] {
        let names: Vec<String> =
            house.store.accounts("", None, 9).unwrap().iter().map(|a| a.name.to_string()).collect();
        assert_eq!(names, ["Ana", "Eve"]);
        assert_eq!(house.store.account_by_name(&bob.name).unwrap(), None);
        house.settle();
    }
}

#[test]
fn a_list_of_people_goes_on_where_it_ended() {
    let house = House::new();
    for n in 0..25 {
        assert_eq!(register(&house, &account(&format!("p{n:02}x"), &format!("{n}@example.org")), n), Ok(()));
        if n == 12 {
            house.settle();
        }
    }
    let mut names: Vec<String> = Vec::new();
    let mut after = None;
    loop {
        let page = house.store.accounts("p", after.as_ref(), 10).unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.name.clone());
        names.extend(page.into_iter().map(|account| account.name.to_string()));
    }
    names.sort();
    assert_eq!(names, (0..25).map(|n| format!("p{n:02}x")).collect::<Vec<_>>());
}

#[test]
fn whoever_is_called_what_was_asked_for_is_found_too() {
    let house = House::new();
    for (n, name) in ["ana", "anabel", "an", "bob"].into_iter().enumerate() {
        assert_eq!(register(&house, &account(name, &format!("{n}@example.org")), n as u8), Ok(()));
    }
    for _ in ["from memory", "from the index"] {
        let found = house.store.accounts("ana", None, 9).unwrap();
        assert_eq!(found.iter().map(|account| account.name.as_str()).collect::<Vec<_>>(), ["ana", "anabel"]);
        house.settle();
    }
}

#[test]
fn whoever_signs_out_is_out_everywhere_they_named_and_nowhere_else() {
    let house = House::new();
    let ana = account("Ana", "ana@example.org");
    assert_eq!(register(&house, &ana, 1), Ok(()));
    for token in [2, 3] {
        let signed = submit(&house, |reply| Change::sign_in(&ana, [token; 32], sign_in(&ana), reply));
        assert_eq!(signed.recv().unwrap(), Ok(()));
    }
    house.settle();
    let gone: [TokenHash; 2] = [[1; 32], [3; 32]];
    assert_eq!(submit(&house, |reply| Change::sign_out(ana.id, &gone, reply)).recv().unwrap(), Ok(()));
    for _ in ["from memory", "from the index"] {
        assert_eq!(house.store.sign_ins_of(ana.id).unwrap(), [[2; 32]]);
        assert!(gone.iter().all(|token| house.store.sign_in(token).unwrap().is_none()));
        house.settle();
    }
}

#[test]
fn a_new_password_ends_sign_ins_in_the_same_step_and_none_comes_in_with_the_old_one() {
    let house = House::new();
    let ana = account("Ana", "ana@example.org");
    assert_eq!(register(&house, &ana, 1), Ok(()));
    let sign_in = |account: &Account, token: u8| {
        submit(&house, |reply| Change::sign_in(account, [token; 32], sign_in(account), reply)).recv().unwrap()
    };
    assert_eq!(sign_in(&ana, 2), Ok(()));
    let renewed = Account { password: "another hash".into(), ..ana.clone() };
    assert_ne!(renewed, ana, "it is another password");
    let changed = submit(&house, |reply| Change::account(&ana, &renewed, &[[2; 32]], reply));
    assert_eq!(changed.recv().unwrap(), Ok(()));
    assert_eq!(house.store.sign_ins_of(ana.id).unwrap(), [[1; 32]]);
    assert_eq!(taken(&sign_in(&ana, 3)), Some(Taken::Person), "the old password was looked at too early");
    assert_eq!(sign_in(&renewed, 3), Ok(()));
}

#[test]
fn nobody_registers_while_the_disk_is_full_and_nothing_is_left_of_it() {
    let (house, disk) = House::on_faulty_disk();
    let ana = account("Ana", "ana@example.org");
    house.room("green");
    disk.set(|faults| faults.free = Some(1_000));
    assert_eq!(register(&house, &ana, 1), Err(ChangeRefused::Refused(Refused::DiskFull)));
    assert_eq!(house.store.account(ana.id).unwrap(), None);
    disk.set(|faults| faults.free = None);
    house.wait_until("there is space again", |store| !store.health().disk_full);
    assert_eq!(register(&house, &ana, 1), Ok(()));
}

fn administered(house: &House, before: &Account, after: &Account, admins: &Admins) -> Changed {
    submit(house, |reply| Change::administered(before, after, &[], admins, reply)).recv().unwrap()
}

#[test]
fn of_two_admins_who_want_to_be_rid_of_each_other_one_stays() {
    let house = House::new();
    let admin = |name: &str| Account { admin: true, ..account(name, &format!("{name}@example.org")) };
    let (ana, bob) = (admin("ana"), admin("bob"));
    let appoint = |account: &Account, admins: &Admins| {
        submit(&house, |reply| Change::appoint(account, admins, reply)).recv().unwrap()
    };
    assert_eq!(appoint(&ana, &Admins::new()), Ok(()));
    assert!(matches!(appoint(&bob, &Admins::new()), Err(ChangeRefused::Changed(_))), "he has not seen that she is one");
    assert_eq!(house.store.account(bob.id).unwrap(), None);
    assert_eq!(appoint(&bob, &Admins::from([ana.id])), Ok(()));

    let both = Admins::from([ana.id, bob.id]);
    for _ in ["from memory", "from the index"] {
        assert_eq!(house.store.admins().unwrap(), both);
        house.settle();
    }
    assert_eq!(administered(&house, &bob, &Account { access: Access::Disabled, ..bob.clone() }, &both), Ok(()));
    let demoted = administered(&house, &ana, &Account { admin: false, ..ana.clone() }, &both);
    assert!(matches!(demoted, Err(ChangeRefused::Changed(_))), "{demoted:?}");
    assert_eq!(house.store.admins().unwrap(), Admins::from([ana.id]));
}

#[test]
fn of_somebody_who_is_deleted_the_id_and_the_name_are_left_and_their_email_is_free() {
    let house = House::new();
    let (ana, bob) = (account("Ana", "ana@example.org"), account("Bob", "bob@example.org"));
    assert_eq!((register(&house, &ana, 1), register(&house, &bob, 2)), (Ok(()), Ok(())));
    house.settle();
    let deleted = submit(&house, |reply| Change::administered(&ana, &ana.remains(), &[[1; 32]], &Admins::new(), reply));
    assert_eq!(deleted.recv().unwrap(), Ok(()));
    for _ in ["from memory", "from the index"] {
        assert_eq!(house.store.account(ana.id).unwrap(), Some(ana.remains()));
        assert_eq!(house.store.account_by_name(&ana.name).unwrap(), Some(ana.remains()), "nobody else is called that");
        assert_eq!(house.store.account_by_email(&ana.email).unwrap(), None);
        assert_eq!(house.store.sign_in(&[1; 32]).unwrap(), None);
        let names: Vec<String> =
            house.store.accounts("", None, 1).unwrap().iter().map(|a| a.name.to_string()).collect();
        assert_eq!(names, ["Bob"], "a page is as long as asked for");
        house.settle();
    }
    assert_eq!(taken(&register(&house, &account("ANA", "new@example.org"), 3)), Some(Taken::Name));
    assert_eq!(
        taken(&register(&house, &Account { id: ana.id, ..account("Eve", "e@example.org") }, 3)),
        Some(Taken::Person)
    );
    assert_eq!(register(&house, &account("Eve", "ana@example.org"), 3), Ok(()));
}
