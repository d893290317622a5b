"""Who writes to Acme, and what each of them answers when somebody writes back."""

from appliance.demo.letter import Customer

SOFIA = Customer(
    "Sofia Marchetti",
    "sofia.marchetti@posta.example",
    "it",
    (
        "Grazie per la risposta così veloce!\n\n"
        "Il numero sul citofono è 12, secondo piano. Sono a casa domani dopo le 15.",
        "Arrivato! Tutto intero, grazie mille.\n\nSofia",
    ),
)
JAMES = Customer(
    "James Whitfield",
    "james@whitfield-daughters.example",
    "en",
    (
        "Thank you, that was quick. Our accountant asks for the credit note as a PDF: could you attach it?",
        "Got it. All settled then, have a good day.",
    ),
)
CARMEN = Customer(
    "Carmen Ortega",
    "carmen.ortega@correo.example",
    "es",
    (
        "Gracias por contestar. Prefiero que me envíen las piezas de nuevo; era un regalo para mi madre.",
        "Perfecto, muchas gracias por la atención.",
    ),
)
PAWEL = Customer(
    "Paweł Wiśniewski",
    "pawel.wisniewski@poczta.example",
    "pl",
    ("Działa, dziękuję! A czy mogę też zmienić adres e-mail w koncie?", "Super, wszystko jasne. Pozdrawiam, Paweł"),
)
ANNA = Customer(
    "Anna Kowalczyk",
    "anna.kowalczyk@poczta.example",
    "pl",
    ("Czwartek po 16 pasuje idealnie. Proszę o telefon pół godziny wcześniej.", "Dziękuję i do zobaczenia!"),
)
ZOFIA = Customer(
    "Zofia Lewandowska",
    "zofia@lewandowska.example",
    "pl",
    ("Dziękuję za odpowiedź. Zdjęcie kartonu było w załączniku, czy doszło?",),
)
GRACE = Customer(
    "Grace Okafor",
    "grace.okafor@mail.example",
    "en",
    (
        "I tried another browser as you said, and the button works there. Thanks!",
        "No, that is all. You have been great.",
    ),
)
KRANICH = Customer(
    "Dieter Kranich",
    "d.kranich@kranich-optik.example",
    "en",
    ("Sorry about that file, our Outlook does this. I send it again as CSV on Monday.",),
)
DIEGO = Customer(
    "Diego Fuentes",
    "diego@fuentes.example",
    "es",
    ("Exacto, ese es el pedido. ¿Cuándo llegaría?", "De acuerdo, gracias."),
)
ROBERT = Customer(
    "Robert Hale",
    "robert.hale@mail.example",
    "en",
    (
        "Finally somebody who has read all of it. Friday morning is fine.",
        "The engineer came. It is warm again. Thank you.",
    ),
)
MARIA = Customer("Maria Rossi", "maria.rossi@full.example", "it")
THOMAS = Customer("Thomas Berger", "thomas@greylist.example", "en")
EWA = Customer("Ewa Nowak", "ewa.nowak@away.example", "pl")
TOM = Customer("Tom Becket", "tom@later.example", "en")
JAVIER = Customer("Javier Molina", "javier.molina@correo.example", "es")
GARDEN = Customer("Green Garden Weekly", "news@green-garden.example")
PRIZES = Customer("Prize Department", "winner@lucky-prizes.example")
LUCA = Customer(
    "Luca Ferri",
    "luca.ferri@posta.example",
    "it",
    ("Perfetto, procedete pure con il rimborso. L'IBAN è quello dell'ordine.", "Ricevuto, grazie!"),
)
GIULIA = Customer(
    "Giulia Conti",
    "giulia@studioconti.example",
    "it",
    ("Va bene giovedì alle 10. Vi aspetto in studio.", "Ottimo lavoro, grazie."),
)
LAURA = Customer(
    "Laura Jiménez",
    "laura.jimenez@correo.example",
    "es",
    ("¡Gracias! El código funciona.", "No, nada más. Un saludo."),
)
PRIYA = Customer(
    "Priya Nair",
    "priya.nair@mail.example",
    "en",
    ("That answers it, thank you! One more thing: do you gift-wrap?", "Lovely. Ordering now."),
)
MAREK = Customer(
    "Marek Zając",
    "m.zajac@poczta.example",
    "pl",
    ("Dziękuję, numer przesyłki widzę. Poczekam do piątku.", "Doszło, wszystko w porządku."),
)
OLIVIA = Customer("Olivia Brandt", "olivia@brandt-events.example", "en", ("Perfect, 40 of the blue ones then.",))

CUSTOMERS = (
    *(SOFIA, JAMES, CARMEN, PAWEL, ANNA, ZOFIA, GRACE, KRANICH, DIEGO, ROBERT, MARIA, THOMAS, EWA, TOM, JAVIER),
    *(LUCA, GIULIA, LAURA, PRIYA, MAREK, OLIVIA),
)

# What somebody says whom we do not know: a visitor's own address, or who gets a forwarded mail.
STRANGERS = {
    "en": (
        "Thanks for the quick answer!\n\nThat helps. Can you tell me how long it will take?",
        "Great, thank you. Bye!",
    ),
    "it": ("Grazie della risposta!\n\nMi sa dire quanto tempo ci vorrà?", "Perfetto, grazie. A presto!"),
    "es": ("¡Gracias por la respuesta!\n\n¿Me puede decir cuánto tardará?", "Estupendo, gracias. ¡Un saludo!"),
    "pl": ("Dziękuję za szybką odpowiedź!\n\nIle to mniej więcej potrwa?", "Świetnie, dziękuję. Do widzenia!"),
}
