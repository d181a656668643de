//! What happens, for whoever follows one seed.

use crate::relay::RelayCommand;
use crate::room::{Enter, Inside, RoomCommand};
use crate::session::SessionCommand;

pub(super) fn of_room(command: &RoomCommand) -> String {
    if let RoomCommand::Inside(Inside::Post { session, post }) = command {
        format!("post {:x} of {session}", post.id.0.as_u128())
    } else if let RoomCommand::Inside(Inside::Join(entry)) = command {
        format!("join {} of {}", entry.request.join, entry.request.session)
    } else if let RoomCommand::Entered(Enter::Join(entry)) = command {
        format!("join {} of {}, let in", entry.request.join, entry.request.session)
    } else if let RoomCommand::Inside(Inside::JoinRead(entry, ..)) = command {
        format!("read for join {} of {}", entry.request.join, entry.request.session)
    } else if let RoomCommand::Inside(Inside::Leave { session }) = command {
        format!("leave of {session}")
    } else if let RoomCommand::Inside(Inside::Committed(batch)) = command {
        format!("committed {} events, settled {}", batch.events.len(), batch.settled.len())
    } else if let RoomCommand::Opened(opened) = command {
        format!("opened: {}", opened.is_ok())
    } else if let RoomCommand::StoreUp = command {
        "store up".to_owned()
    } else {
        "something else".to_owned()
    }
}

pub(super) fn of_relay(command: &RelayCommand) -> String {
    match command {
        RelayCommand::Add { session, arrival } => format!("add {session}, which misses {}", arrival.misses),
        RelayCommand::Remove { session } => format!("remove {session}"),
        RelayCommand::CatchUp { session, page, .. } => format!("catch up {session} from {}", page.after),
        RelayCommand::Announce { batch, settlements } => {
            format!("announce {:?}, settled {}", batch.as_ref().map(|batch| batch.first()), settlements.len())
        }
        RelayCommand::Trimmed { gone } => format!("trimmed up to {gone}"),
        RelayCommand::Close => "close".to_owned(),
        RelayCommand::Pass { .. }
        | RelayCommand::PassPresence { .. }
        | RelayCommand::Audit { .. }
        | RelayCommand::Suffer(_) => "something else".to_owned(),
    }
}

pub(super) fn of_session(command: &SessionCommand) -> String {
    match command {
        SessionCommand::Frame { frame, .. } => format!("{:?}", frame.command),
        SessionCommand::RoomUp { room, .. } => format!("{room} is up"),
        SessionCommand::Joined { room, join, .. } => format!("joined {room} with join {join}"),
        SessionCommand::JoinRefused { room, join } => format!("join {join} of {room} refused"),
        SessionCommand::RoomDown { room, .. } => format!("{room} is down"),
        SessionCommand::PutOut { room, .. } => format!("put out of {room}"),
        SessionCommand::RoomsUp => "rooms are up".to_owned(),
        SessionCommand::Start | SessionCommand::Listed(_) | SessionCommand::Attend | SessionCommand::Suffer(_) => {
            "something else".to_owned()
        }
    }
}
