//! What a member of a vendor's record is about, as far as its name or a pointer of the operator's
//! tells: which values a sample may keep, and which it must hide. Hides the lists of names.

use crate::config::source::Field;

/// What a member's name, or a pointer of the operator's, says of its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Meaning {
    Latitude,
    Longitude,
    /// `[longitude, latitude]`.
    Coordinates,
    /// It names or finds somebody.
    Personal,
    /// A time by the operator's word, if it looks like one.
    Time,
    /// A time or a measurement: numbers stay, in strings too.
    Measure,
    /// A word of the protocol, if it looks like one.
    Word,
    /// Nothing is known of it.
    Unknown,
}

/// What the contract's names, and those like them, say of a member.
pub(super) fn named(key: &str) -> Meaning {
    let name = simplified(key);
    let is_among = |names: &str| names.split(' ').any(|known| known == name);
    if is_among(LATITUDES) {
        Meaning::Latitude
    } else if is_among(LONGITUDES) {
        Meaning::Longitude
    } else if name == "COORDINATES" {
        Meaning::Coordinates
    } else if is_among(MEASURES) {
        Meaning::Measure
    } else if is_among(WORDS) {
        Meaning::Word
    } else if PERSONAL.split(' ').any(|end| name.ends_with(end)) {
        Meaning::Personal
    } else {
        Meaning::Unknown
    }
}

/// What a pointer for `field` says of its end; of a measurement nothing is believed.
pub(super) fn meaning_of(field: Field) -> Option<Meaning> {
    match field {
        Field::Latitude => Some(Meaning::Latitude),
        Field::Longitude => Some(Meaning::Longitude),
        Field::Id | Field::Name | Field::Registration | Field::Driver | Field::Address => {
            Some(Meaning::Personal)
        }
        Field::Time => Some(Meaning::Time),
        Field::Speed
        | Field::Heading
        | Field::Altitude
        | Field::Accuracy
        | Field::Ignition
        | Field::Odometer => None,
    }
}

const LATITUDES: &str = "LAT LATITUDE";
const LONGITUDES: &str = "LON LNG LONG LONGITUDE";

/// Members whose numbers and times tell nobody's name or place.
const MEASURES: &str = "\
    SPEED SPEEDKMH SPEEDKPH SPEEDMPH ROADSPEED MAXSPEED BEARING HEADING HEADINGDEGREES \
    COURSE DIRECTION ALTITUDE ALT ALTITUDEMETERS ACCURACY ACCURACYMETERS HORIZONTALACCURACY \
    ODOMETER ODOMETERMETERS ODOMETERKM ODOMETERKILOMETERS ODOMETERMILES ODOMETERMI CLOCK RPM \
    VEXT TEMP1 TEMP2 TEMP3 TEMP4 INPUTSTATE TCUPERCENTAGE TCUBATTERYPERCENTAGE BATTERY \
    BATTERYLEVEL BATTERYPERCENT BATTERYPERCENTAGELEFT LEVEL PRECENTAGELEFT PERCENTAGELEFT \
    TOTALCONSUMED FUELLITERS FUELLITRES GPSFIXTYPE HDOP SATELLITES SATS TIME TIMESTAMP \
    UTCTIMESTAMP POSITIONTIME GPSTIME RECORDEDAT LASTUPDATE UPDATEDAT CREATEDAT \
    HAPPENEDATTIME EVENTTS RECEIVEDTS RECIEVEDTS UPDATED BATTERYTS CHARGINGSTATUSTS \
    OFFLINESINCE LASTSEEN EXPIRESAT EXPIRESIN SENTAT STARTTIME ENDTIME FROM TO CURRENTPAGE \
    PERPAGE LASTPAGE TOTAL OFFSET LIMIT COUNT TOTALCOUNT SIZE PAGE";

/// Members whose values are words of the protocol.
const WORDS: &str = "\
    TYPE EVENT EVENTTYPE KIND STATUS ENGINESTATE ENGINETYPE IOPANIC IODISARM CHARGINGSTATUS \
    CENTRALLOCKINGSTATUS IGNITION CODE ENGINEON IDLING";

/// Ends of the names of members that name or find somebody, numbers included.
const PERSONAL: &str = "\
    ID IDS NAME NUMBER SERIAL PHONE MOBILE IMEI VIN PLATE REGISTRATION TAG ICCID IMSI MSISDN \
    PIN KEY TOKEN EMAIL ADDRESS";

/// Upper case, letters and digits only: one spelling for `vehicle_id` and `vehicleId`.
pub(super) fn simplified(text: &str) -> String {
    let parts = text.chars().filter(|c| c.is_alphanumeric());
    let simplified: String = parts.flat_map(char::to_uppercase).collect();
    if simplified.is_empty() {
        text.to_owned()
    } else {
        simplified
    }
}
