"""What comes afterwards, one mail now and then, until everybody has written what he had to write."""

from appliance.demo.letter import Letter
from appliance.demo.letters import files, people

EVERYDAY = (
    Letter(
        people.PRIYA,
        "support",
        "Does the kettle work on induction?",
        "Hi there,\n\nbefore I order: does the copper kettle work on an induction hob?\n\nThanks\nPriya\n",
    ),
    Letter(
        people.LUCA,
        "billing",
        "Rimborso dell'ordine 4410",
        "Salve,\n\nho restituito le due sedie il 9, ma il rimborso non è ancora arrivato. Mi date notizie?\n\n"
        "Luca Ferri\n",
        files=(files.delivery_note,),
    ),
    Letter(
        people.LAURA,
        "support",
        "El código de descuento no funciona",
        "Hola:\n\nel código OTOÑO15 dice «caducado», pero en su correo pone que vale hasta fin de mes.\n\nLaura\n",
    ),
    Letter(
        people.MAREK,
        "complaints",
        "Czekam na paczkę już dwa tygodnie",
        "Dzień dobry,\n\nzamówienie z początku miesiąca nadal ma status „w przygotowaniu”. Kiedy je Państwo wyślą?\n\n"
        "Marek Zając\n",
    ),
    Letter(
        people.OLIVIA,
        "inbox",
        "40 identical gift boxes for an event",
        "Hello,\n\nwe need 40 identical gift boxes by the 12th of next month. Is that possible, and at what price?\n\n"
        "Olivia Brandt\nBrandt Events\n",
    ),
    Letter(
        people.GIULIA,
        "support",
        "Appuntamento per il montaggio",
        "Buongiorno,\n\nvorrei fissare il montaggio della libreria in studio. Sarebbe possibile giovedì mattina?\n\n"
        "Giulia Conti\n",
    ),
    Letter(
        people.SOFIA,
        "billing",
        "Fattura per la spedizione IT-88213",
        "Buongiorno,\n\ngià che ci sono: mi serve anche la fattura intestata alla mia partita IVA.\n\n"
        "Sofia Marchetti\n",
    ),
    Letter(
        people.GRACE,
        "complaints",
        "Delivered to a neighbour I do not have",
        "Hello,\n\nyour tracking says that my parcel is with the neighbour at number 9. There is no number 9.\n\n"
        "Grace\n",
    ),
    Letter(
        people.CARMEN,
        "inbox",
        "Felicitación",
        "Buenas:\n\naunque tuve un problema con la vajilla, la persona que me atendió fue encantadora. "
        "Quería decirlo.\n\nCarmen\n",
    ),
    Letter(
        people.PAWEL,
        "billing",
        "Faktura na firmę zamiast paragonu",
        "Dzień dobry,\n\nczy można wystawić fakturę na firmę do zamówienia 7720? Mam tylko paragon.\n\n"
        "Paweł Wiśniewski\n",
    ),
    Letter(
        people.JAMES,
        "support",
        "Two lids missing from the kettles",
        "Good afternoon,\n\nthe kettles have arrived, thank you; two of the twelve came without a lid.\n\n"
        "James Whitfield\n",
    ),
    Letter(
        people.LAURA,
        "complaints",
        "Me han cobrado dos veces",
        "Hola:\n\nen mi tarjeta aparecen dos cargos de 34,50 por el mismo pedido. Por favor, devuélvanme uno.\n\n"
        "Laura Jiménez\n",
    ),
    Letter(
        people.MAREK,
        "support",
        "Instrukcja po polsku?",
        "Dzień dobry,\n\nw pudełku jest instrukcja tylko po angielsku. Czy mają Państwo polską wersję?\n\nMarek\n",
    ),
    Letter(
        people.LUCA,
        "complaints",
        "Sedia graffiata",
        "Salve,\n\nuna delle sedie nuove ha un graffio lungo sullo schienale. Preferirei uno sconto a un cambio.\n\n"
        "Luca\n",
    ),
    Letter(
        people.OLIVIA,
        "billing",
        "Purchase order 881",
        "Hello,\n\nplease put our purchase order number 881 on the invoice, otherwise our bookkeeper sends it back.\n\n"
        "Olivia\n",
    ),
    Letter(
        people.GIULIA,
        "inbox",
        "Cercate collaboratori?",
        "Buongiorno,\n\nmia nipote cerca lavoro nel servizio clienti e parla tre lingue. A chi può scrivere?\n\n"
        "Giulia Conti\n",
    ),
    Letter(
        people.DIEGO,
        "billing",
        "¿Puedo pagar a plazos?",
        "Buenas:\n\n¿ofrecen pago en tres plazos para pedidos de más de 200 euros?\n\nDiego Fuentes\n",
    ),
    Letter(
        people.ANNA,
        "complaints",
        "Lodówka hałasuje",
        "Dzień dobry,\n\nlodówka działa, ale co godzinę głośno buczy. Czy to normalne, czy przysłać nagranie?\n\n"
        "Anna Kowalczyk\n",
    ),
    Letter(
        people.ROBERT,
        "inbox",
        "Opening hours on Boxing Day",
        "Hello,\n\nare you open on 26 December? I would pass by to pick up the spare part.\n\nRobert Hale\n",
    ),
    Letter(
        people.PRIYA,
        "billing",
        "Gift voucher did not arrive",
        "Hi,\n\nI bought a gift voucher two days ago and it has not come by mail. Not in the spam folder either.\n\n"
        "Priya\n",
    ),
)
