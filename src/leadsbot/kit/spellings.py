"""How forms name the fields that every lead has, in many conventions and languages."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final, Literal

Role = Literal["name", "first", "last", "email", "phone", "company", "message"]

# Spellings are compared without case, accents, separators and numbers: `E-Mail-Adresse` is "emailadresse".
_EXACT: Final[dict[Role, str]] = {
    "name": """
        name fullname namefull contactname customername displayname realname firstandlastname
        firstnamelastname nameandsurname
        vollername vollstandigername vorundnachname vorundzuname vornamenachname vornamename namevorname ansprechpartner
        nom nomcomplet nometprenom nomprenom prenometnom prenomnom
        nombre nombrecompleto nombreyapellidos nombreyapellido nombreapellidos
        nome nomecompleto nomeecognome nomecognome nomeesobrenome nomesobrenome
        naam volledigenaam voornaamachternaam naamcontactpersoon contactpersoon
        imieinazwisko imienazwisko nazwiskoiimie
        adsoyad adsoyadiniz adiniz isim namn navn fuldenavn nimi jmeno jmenoaprijmeni
        имя фио имяфамилия имяифамилия фамилияимя имяотчество ονομα ονοματεπωνυμο
        姓名 您的姓名 称呼 稱呼 名前 お名前 氏名 ご氏名 이름 성함 성명
        الاسم الاسمالكامل اسم שם שםמלא
    """,
    "first": """
        first firstname fname givenname forename namefirst firstnames
        vorname vornamen rufname prenom prenoms primernombre voornaam primeironome nomeproprio imie
        fornamn fornavn etunimi krestnijmeno الاسمالاول שםפרטי
    """,
    "last": """
        last lastname lname surname familyname secondname namelast
        nachname familienname zuname nomdefamille apellido apellidos primerapellido cognome
        achternaam familienaam sobrenome apelido apelidos ultimonome nazwisko
        soyad soyadi soyisim efternamn efternavn etternavn sukunimi prijmeni
        фамилия прізвище επωνυμο 姓氏 성 اسمالعائلة שםמשפחה
    """,
    "email": """
        email emails mail emailaddress mailaddress emailid useremail primaryemail workemail businessemail
        companyemail replyto
        contactemail emailwork emailadresse mailadresse emailanschrift
        courriel adressemail adresseemail adresseelectronique adressecourriel adressedecourriel adressedemessagerie
        correo correoelectronico direcciondecorreo direcciondecorreoelectronico direccioncorreo direccionemail
        postaelettronica indirizzoemail indirizzomail indirizzodiposta indirizzodipostaelettronica emailindirizzo
        emailadres mailadres enderecodeemail enderecoemail correioeletronico correioeletronico emaildecontato
        poczta adresemail adresmail adresemailowy adrespocztyelektronicznej
        eposta epostadresi epostaadresi epost epostadress epostadresse sahkoposti sahkopostiosoite
        почта электроннаяпочта эпочта адресэлектроннойпочты електроннапошта пошта ηλεκτρονικηδιευθυνση
        邮箱 电子邮箱 电子邮件 邮件 電子郵件 電郵 メール メールアドレス 이메일 이메일주소 메일
        البريدالإلكتروني بريدإلكتروني אימייל דואל דואראלקטרוני
    """,
    "phone": """
        phone phones phonenumber phoneno phonenum tel telephone telephonenumber telephoneno telno telnr telnumber
        contactnumber contactphone workphone businessphone daytimephone callbacknumber
        mobile mobilenumber mobilephone mobileno cell cellphone cellnumber whatsapp whatsappnumber
        telefon telefonnummer telefonnr rufnummer handy handynummer mobil mobilnummer mobiltelefon
        mobilfunknummer festnetz
        numerodetelephone notelephone portable telephoneportable mobiletelephone
        telefono numerodetelefono telefonomovil telefonodecontacto movil celular numerodecelular
        cellulare numeroditelefono numerotelefono recapitotelefonico
        telefoon telefoonnummer telnummer gsm gsmnummer mobiel mobielnummer mobielenummer
        telefone telemovel numerodetelefone numerodetelemovel telefonecelular
        numertelefonu nrtelefonu nrtel telefonkontaktowy telefonkomorkowy komorka
        telefonnumarasi ceptelefonu puhelin puhelinnumero matkapuhelin tlf tlfnr
        телефон номертелефона контактныйтелефон мобильный мобильныйтелефон номертелефону τηλεφωνο κινητο
        电话 电话号码 手机 手机号 手机号码 联系电话 電話 電話號碼 電話番号 携帯電話 携帯番号
        전화 전화번호 연락처 휴대폰 الهاتف رقمالهاتف الجوال رقمالجوال טלפון מספרטלפון נייד
    """,
    "company": """
        company companyname nameofcompany organisation organization organisationname organizationname org
        business businessname
        employer companyororganisation companyororganization companyorganization
        firma firmenname firmaname namederfirma unternehmen unternehmensname betrieb
        entreprise nomentreprise nomdelentreprise nomdentreprise societe nomdelasociete nomsociete raisonsociale
        empresa nombredelaempresa nombredeempresa nombreempresa compania razonsocial
        azienda nomeazienda nomedellazienda ragionesociale societa
        bedrijf bedrijfsnaam naambedrijf organisatie
        nomedaempresa nomeempresa nomedeempresa nazwafirmy przedsiebiorstwo
        sirket sirketadi firmaadi foretag foretagsnamn virksomhed virksomhet yritys spolecnost
        компания названиекомпании организация компанія εταιρεια 公司 公司名称 公司名稱 会社 会社名 貴社名 御社名
        회사 회사명 الشركة اسمالشركة חברה שםחברה
    """,
    "message": """
        message messages msg comment comments commentsorquestions questionsorcomments commentormessage enquiry inquiry
        howcanwehelp howcanwehelpyou howcanihelp howcanihelpyou howmaywehelpyou tellus tellusmore tellusaboutyourproject
        tellusaboutyourproject projectdetails projectdescription additionalinformation additionalinfo
        nachricht mitteilung anfrage anliegen bemerkung bemerkungen kommentar
        commentaire commentaires demande remarque remarques
        mensaje comentario comentarios consulta
        messaggio commento commenti richiesta
        bericht boodschap opmerking opmerkingen vraag
        mensagem observacoes
        wiadomosc trescwiadomosci komentarz zapytanie
        mesaj mesajiniz meddelande besked melding viesti zprava
        сообщение вашесообщение комментарий вопрос повідомлення μηνυμα
        留言 留言内容 消息 内容 您的留言 メッセージ お問い合わせ お問い合わせ内容 ご用件 메시지 문의 문의내용 내용
        الرسالة رسالة رسالتك הודעה
    """,
}
# Words that may mean something else, too: they only count where nothing better was sent.
_WEAK: Final[dict[Role, str]] = {
    "message": """
        question questions description details notes note body content textarea tresc pytanie frage beschreibung
        description detalles descripcion dettagli omschrijving descricao opis request
    """,
    "name": "username usernames fullnames who",
    "company": "agency brand",
}
_TOKENS: Final[dict[Role, str]] = {
    "email": "email mail courriel correo emailadresse emailaddress mailadresse",
    "phone": "phone phonenumber tel telephone telefon telefono telefoon telefone mobile mobil handy whatsapp cell",
}


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_NOISE: Final = _words("""
    your my our the a an contact customer client user visitor lead input sqf cf cf7 wpcf wpcf7 yui required
    optional please
    enter provide from sender what whats is s hello hi and best preferred primary personal business full
    deine dein ihre ihr ihren mein meine bitte wie lautet ist
    votre vos mon ma notre quel quelle est tu tus su sus mi cual es
    il la le les el lo tuo tua vostro vostra qual e uw je jouw mijn seu sua o twoj twoje panstwa pani pana
""")
# A field about somebody or something else, or a consent: never this person's contact detail.
_OTHER: Final = _words("""
    their his her friend friends referrer referred referral referee emergency spouse partner guest child children pet
    owner admin administrator recipient recipients site agent assigned salesperson manager supervisor
    confirm confirmation confirmed verify verification repeat retype again bestatigung bestatigen wiederholen
    consent optin opt subscribe newsletter marketing gdpr privacy permission agree terms
    template notify notification cc bcc subject betreff
""")
_WEAK_TABLE: Final[dict[str, Role]] = {word: role for role, words in _WEAK.items() for word in words.split()}
_TOKEN_TABLE: Final[dict[str, Role]] = {word: role for role, words in _TOKENS.items() for word in words.split()}

_LETTERS: Final = str.maketrans(
    {"ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "ß": "ss", "æ": "ae", "œ": "oe", "đ": "d", "ı": "i"}
)
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_WORDS: Final = re.compile(r"[^\W_]+")
# Prefixes of form builders: Wix `field:first_name_1a2b`, Elementor `form-field-email`, Gravity `input_3`.
_PREFIX: Final = re.compile(r"^(?:field:|form[-_ ]?fields?[-_. ]|wpforms[-_. ]|acceptance-)", re.IGNORECASE)
_LONGEST: Final = 120


def tokens(label: str) -> tuple[str, ...]:
    """The words of a field's name in lower case, without accents, split at separators and at camelCase."""
    plain = label if label.isascii() else _ascii(label)
    return tuple(word.lower() for word in _WORDS.findall(_CAMEL.sub(" ", plain)))


def _ascii(label: str) -> str:
    decomposed = unicodedata.normalize("NFKD", label.translate(_LETTERS))
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


_TABLE: Final[dict[str, Role]] = {
    "".join(tokens(word)): role for role, words in _EXACT.items() for word in words.split()
}
# The tokens that browsers fill in by (HTML: autofill); the widget's listener sends them for the type of the input.
_AUTOFILL: Final[dict[str, tuple[Role, int]]] = {
    "givenname": ("first", 3), "familyname": ("last", 3), "organization": ("company", 3), "telnational": ("phone", 3),
}  # fmt: skip


@lru_cache(maxsize=8192)
def joined(label: str) -> str:
    """The name as one word: `Page URL`, `page_url` and `pageUrl` are all "pageurl"."""
    return "".join(tokens(label[:_LONGEST]))


@lru_cache(maxsize=8192)
def role_of(label: str) -> tuple[Role, int] | None:
    """What a field of this name holds and how sure that is: 3 said outright, 2 said, 1 perhaps; None is unknown."""
    if not label or len(label) > _LONGEST or (label[0] == "_" and label != "_replyto"):
        return None
    words = tokens(_PREFIX.sub("", label))
    whole = "".join(words)
    if whole in _TABLE:
        return _TABLE[whole], 3
    if _about_other(words):
        return None
    core = [word for word in words if word not in _NOISE and not any(map(str.isdigit, word))]
    short = "".join(core)
    if short in _TABLE:
        return _TABLE[short], 2
    # Wix ends its keys with four letters or digits, which need not hold a digit: `field:email_abcd`.
    if label.startswith("field:") and "".join(core[:-1]) in _TABLE:
        return _TABLE["".join(core[:-1])], 2
    if short in _WEAK_TABLE or whole in _WEAK_TABLE:
        return _WEAK_TABLE.get(short) or _WEAK_TABLE[whole], 1
    for word in core:
        if word in _TOKEN_TABLE:
            return _TOKEN_TABLE[word], 1
    return None


@lru_cache(maxsize=8192)
def is_other(label: str) -> bool:
    """Whether the name says that the value belongs to somebody else or is not about a person at all."""
    return label.startswith("_") or _about_other(tokens(label[:_LONGEST]))


def _about_other(words: tuple[str, ...]) -> bool:
    # `to` and `email_to` name a recipient; within a question ("Where may we write to?") the word says nothing.
    return not _OTHER.isdisjoint(words) or (len(words) < 3 and "to" in words)


@lru_cache(maxsize=8192)
def is_nameless(label: str) -> bool:
    """Whether the name says nothing: `3`, `input_3`, `1.3`, `field_7f3a2b1`, `textarea-yui_3_17`."""
    words = tokens(label[:_LONGEST])
    plain = {"input", "field", "yui", "fld", "question", "q", "textarea", "text", "answer"}
    return all(word in plain or any(map(str.isdigit, word)) for word in words)


def role_of_type(hint: str | None) -> tuple[Role, int] | None:
    """What the kind of input says: an `email` input holds an e-mail address, a `textarea` perhaps the message."""
    kind = (hint or "").lower().replace("_", "").replace("-", "")
    if kind in ("email", "emailaddress", "contactsemail", "formemailinput"):
        return "email", 2
    if kind in ("tel", "phone", "phonenumber", "contactsphone"):
        return "phone", 2
    if kind in ("textarea", "longtext", "multilinetext", "formtextarea", "paragraph"):
        return "message", 1
    return ("name", 2) if kind in ("name", "fullname") else _AUTOFILL.get(kind)
