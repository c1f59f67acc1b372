"""What the people of the demo want from a joinery in Bristol, and what they are called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

FIRST: Final = (
    "Amelia Ben Carys Daniel Efua Fergus Gemma Harriet Imran Joanna Kieran Lorna Marcus Nadia Owen Paula Rhys Sana "
    "Theo Una Vikram Wendy Yasmin Zoe Alistair Bethan Callum Dilys Elliot Freya Gareth Hannah Isaac Jess Kofi Leila "
    "Morgan Niamh Oscar Pippa"
).split()
LAST: Final = (
    "Ashdown Bennett Clarke Davies Ellery Farrow Ghosh Harding Iqbal Jenkins Kaur Llewellyn Mensah Norris Osborne Pugh "
    "Quayle Rowlands Shaw Tanner Underhill Vaughan Whitlock Yeo Adeyemi Bright Cope Dhillon Eastwood Fry Galbraith "
    "Hale Ingram Joshi Kemp Lovell"
).split()
PLACES: Final = (
    "Clifton", "Redland", "Bedminster", "Southville", "Bishopston", "Totterdown", "Knowle", "Keynsham", "Long Ashton",
    "Portishead", "Westbury", "Stoke Bishop", "Easton", "Montpelier", "Nailsea", "Thornbury",
)  # fmt: skip
WHENS: Final = ("next month", "in about six weeks", "in the school holidays", "in two months", "early next month")


@dataclass(frozen=True, slots=True)
class Topic:
    """One thing that people ask for. Openers and details have ``{place}``, ``{n}`` and ``{when}`` to fill in."""

    key: str
    page: str
    openers: tuple[str, ...]
    details: tuple[str, ...]


TOPICS: Final = (
    Topic(
        "kitchen", "/kitchens",
        (
            "We have just bought a terrace in {place} and the kitchen has to go.",
            "Our kitchen units are falling apart after twenty years.",
            "Would you take on a small galley kitchen in {place}, about {n} m long?",
            "We are knocking through to the dining room {when} and need a new kitchen to go with it.",
            "My mother in {place} needs a kitchen that she can use from a wheelchair.",
            "A friend showed us the oak kitchen you fitted for her.",
            "Can you replace doors and worktops only? The carcasses are fine.",
            "Is there any way to get a dishwasher into a kitchen of {n} m?",
            "The worktop around our sink has gone black and soft.",
            "We let a flat in {place} and need a plain, tough kitchen for it.",
            "We would like painted Shaker units and an island of roughly {n} m.",
        ),
        (
            "The room is about {n} by 3.4 m with one window.", "We have a rough plan from an architect.",
            "We already own the oven and the hob.", "Gas and water stay where they are.",
            "There is an awkward chimney breast in the middle.", "We would want it done {when}.",
        ),
    ),
    Topic(
        "wardrobe", "/wardrobes",
        (
            "We need fitted wardrobes in two bedrooms in {place}.",
            "Do you build wardrobes under a sloping ceiling?",
            "I would like an alcove wardrobe either side of a fireplace.",
            "Our loft conversion in {place} is finished and has no storage at all.",
            "Looking for a quote for sliding doors, {n} m wide and floor to ceiling.",
            "Could you make a walk-in wardrobe out of a box room?",
            "The doors of our fitted wardrobes have come off their rails.",
            "We share a very small bedroom in {place} and own too many coats.",
            "Can a wardrobe be built around a boiler?",
        ),
        (
            "The ceiling is 2.7 m high and not quite level.", "Nothing fancy inside: rails, a few drawers and shelves.",
            "We would paint them ourselves.", "The longest wall is {n} m.", "Ideally fitted {when}.",
        ),
    ),
    Topic(
        "stairs", "/staircases",
        (
            "Our staircase in {place} creaks on every single step.",
            "We want to open up the stairs and put in an oak handrail.",
            "The spindles of our Victorian banister are missing in {n} places.",
            "Building control says that our loft stairs are too steep.",
            "How much would it be to clad concrete stairs in wood?",
            "Could you put drawers into the dead space under our stairs?",
            "We would like a gate at the top of the stairs that does not look like a baby gate.",
        ),
        (
            "There are 14 steps with a quarter turn.", "The house is from 1902, so please no plastic.",
            "We have a toddler, so the sooner the better.", "I can send photos from above and below.",
        ),
    ),
    Topic(
        "windows", "/sash-windows",
        (
            "{n} of our sash windows in {place} no longer open.",
            "The sills at the front have rotted through.",
            "We live in a conservation area and have to keep the old windows.",
            "Do you fit double glazing into existing box frames?",
            "There is a dreadful draught from the bay window in the front room.",
            "One sash cord has snapped and the window came down with a bang.",
            "Could you look at a stained glass window in {place} that lets in water?",
            "The shutters in our front room are painted over, can they be freed?",
        ),
        (
            "They were painted shut by whoever lived here before.", "The council asks for like-for-like timber.",
            "Scaffolding is up at the neighbours' {when}, could we share it?", "All on the first floor, easy to reach.",
        ),
    ),
    Topic(
        "doors", "/doors",
        (
            "I am after a solid front door for a house in {place}.",
            "We need {n} internal doors hung, all slightly different sizes.",
            "Our back door has swollen and will not lock.",
            "Could you copy a 1930s door with a stained glass panel?",
            "Is it possible to turn a single door into a pair of glazed ones?",
            "The cat needs a flap and the door is oak. Would you dare?",
            "Somebody tried to break in and the frame is split.",
            "We would like to hang a barn door on a rail, {n} feet wide.",
        ),
        (
            "We have the doors here already.", "The opening is 2.1 m high.", "It faces west and gets all the rain.",
            "A letter plate and a proper lock, please.",
        ),
    ),
    Topic(
        "shelves", "/bookcases",
        (
            "We have about {n}00 books in boxes and an empty wall.",
            "Can you build shelves and a desk into the alcoves of our front room?",
            "I would like a media wall with cupboards below, in {place}.",
            "Looking for a bookcase with a library ladder. Yes, really.",
            "We need a window seat with storage for a child's room.",
            "Our old bookcase from {place} is too tall for the new flat. Can it be cut down?",
            "I collect records and need shelves for about {n}00 of them.",
            "Would you make a bench with a lid for shoes in a narrow hall?",
        ),
        (
            "The wall is {n} m long and 2.6 m high.", "Painted the same colour as the wall.",
            "It has to come apart if we move.", "There are two sockets that must stay reachable.",
        ),
    ),
    Topic(
        "garden", "/garden-rooms",
        (
            "We are thinking about a garden office, {n} by 3 m.",
            "Do you repair summer houses? Ours in {place} leans.",
            "Could you make gates for a drive, {n} m wide?",
            "We would like a bin store that the foxes cannot open.",
            "Our decking in {place} is slippery and soft in places.",
            "A playhouse for two children, nothing bought, is that something for you?",
            "The pergola that you built for number 12 is lovely, what would a similar one cost?",
        ),
        (
            "Access is by a side path, 90 cm wide.", "There is electricity at the shed already.",
            "We do not need planning permission, I checked.", "Larch or cedar, whatever lasts.",
        ),
    ),
)  # fmt: skip
FIRMS: Final = (
    ("Avon Physio", "We are moving into larger rooms and need a reception counter with a low part for wheelchairs."),
    ("Brunel Coffee", "Could you quote for six oak tables and matching benches? The floor is far from even."),
    ("Cabot Lettings", "We manage 40 flats and look for a joiner for repairs on call, mostly doors and windows."),
    ("Dockside Dental", "Our waiting room needs a bench along one wall, easy to wipe down, about 5 m."),
    ("Elm Tree Nursery", "We need coat pegs and low shelves for 30 children, with rounded corners everywhere."),
    ("Floating Harbour Books", "We open a second shop and need shelves like those in the first, 24 m in all."),
    ("Gloucester Road Vets", "The door to our surgery is clawed to pieces. What would stand up to dogs?"),
    ("Hotwells Yoga", "We are looking for a cubby wall for shoes and bags, to hold about 25 pairs."),
    ("Ivy House Hotel", "Twelve rooms get new headboards and bedside tables. Drawings from our designer are ready."),
    ("Junction Cycles", "We want a workbench along the back wall and a counter that can be moved on Sundays."),
    ("Kingsdown Brewing", "The top of our tap-room bar is worn through, and we can close for two days only."),
    ("Lockleaze Community Trust", "The stage in our hall has to be made safe. We need three quotes for the grant."),
    ("Mead & Marsh Solicitors", "We would like a bookcase with doors for the meeting room, to match the panelling."),
    ("North Street Bakery", "Our shop front is rotten at the bottom. It can only be worked on after two o'clock."),
    ("Old Foundry Studios", "We rent out desks and need ten more, the same as the eight that you made in spring."),
    ("Pero's Bistro", "Could you make a wine rack for about 200 bottles to go under the stairs?"),
    ("Quayside Opticians", "We need display walls with lighting for two branches. Our electrician does the wiring."),
    ("Redcliffe Accountants", "Please price oak panels and a sliding door for our conference room, 6 by 2.5 m."),
    ("St Werburghs City Farm", "Our gate has been run over by a tractor. Can you build a stronger one?"),
    ("Temple Meads Flowers", "We look for a kiosk on wheels that locks at night. We have a sketch."),
)
TRADE_ASKS: Final = (
    "When could you come and look?", "We would need a written quote.", "Work has to be done outside opening hours.",
    "Invoices go to head office.", "Do you have references of similar work?", "Please mail rather than ring.",
    "Could you start next month?", "Thank you.",
)  # fmt: skip
ASKS: Final = (
    "When could somebody come and measure?", "What would it cost, roughly?", "Could you ring me after five?",
    "Is this something you do?", "How long is your waiting list at the moment?", "E-mail is best for me.",
    "Please call, I am not good with e-mail.", "We are in no hurry.", "Could we see an example of your work?",
    "Are Saturdays possible for a visit?", "Do you charge for a first visit?", "Many thanks in advance.",
    "I would be glad of a quote.", "Let me know what you need from me.", "We are home most mornings.",
)  # fmt: skip
CHATS: Final = (
    "Hi, is anybody there?", "Quick question.", "Hello!", "Hi, saw your van in our street.", "Evening.", "Morning all.",
    "Hi, your web site says to ask here.", "Hello, just moved to the area.",
)  # fmt: skip
JUNK: Final = (
    ("Rank Rocket", "We put your web site on page one of Google in 30 days or your money back. Reply YES to begin."),
    ("Dale Prospects", "I can deliver 500 verified homeowner contacts a month straight to your inbox."),
    ("Crypto Desk", "Your business qualifies for our high-yield program. Act today."),
    ("Global Plywood Export", "Dear Sir, we are manufacturer of film faced plywood, best price, by the container."),
    ("Link Partner", "We would like to publish a guest post on your blog with two do-follow links."),
    ("Web Refresh Team", "I noticed several errors on your home page. Shall I send screenshots?"),
    ("Loan Express", "Unsecured business loans up to £250,000, decision within an hour, no paperwork."),
)  # fmt: skip
AGAIN: Final = (
    "Sorry to chase. Did my message about the {topic} reach you?",
    "One thing I forgot: we are away next week, the week after is fine.",
    "I have found the measurements now: {n}.2 m by 2.4 m.",
    "We have had another quote in the meantime but would rather go with you.",
    "Please use this number instead, my old phone has died.",
    "Any news on the {topic}? No pressure.",
    "My partner would like to join the visit, so evenings are better.",
    "We have decided to do it {when} after all.",
)
NOTES: Final = {
    "contacted": (
        "Rang, no answer. Left a message.", "Spoke to {first}, wants photos of earlier work first.",
        "Mailed our price guide for {topic}.", "Call back on Thursday after 17:00.", "{first} prefers e-mail.",
        "Sent three dates for a visit.", "Asked for photos and rough sizes.", "Line was engaged, try again tomorrow.",
    ),
    "qualified": (
        "Measured up in {place}. Straightforward, two days of work.", "{first} decides with a partner, quote it soon.",
        "Visit went well, wants oak rather than ash.", "Quote sent, £{n},400 plus VAT.",
        "Needs a survey of the wall first.", "Budget fits. Workshop has room {when}.",
    ),
    "won": (
        "Deposit is in. Workshop booked {when}.", "Signed! {first} chose the darker stain.",
        "Accepted at £{n},150. Timber ordered.", "Order confirmed by phone, contract in the post.",
    ),
    "lost": (
        "Went with somebody cheaper.", "Project is off, they are moving house.", "Wanted it by next week, we cannot.",
        "Too far out for us, recommended a colleague.",
    ),
}  # fmt: skip
