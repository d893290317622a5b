"""The mails of the morning, in the order they come, and what the team has done about some of them."""

from appliance.demo.letter import Deed, Letter
from appliance.demo.letters import files, odd, people

OPENING = (
    Letter(
        people.JAVIER,
        "billing",
        "Justificante recibido",
        "Hola:\n\nHe recibido el justificante del reembolso. Todo correcto, gracias por la rapidez.\n\nJavier Molina\n",
        deeds=(
            Deed("lucia", "reply", "Hola, Javier:\n\nGracias por avisarnos. Cerramos el caso; ¡hasta pronto!"),
            Deed("lucia", "close"),
        ),
    ),
    Letter(
        people.THOMAS,
        "support",
        "Which filter fits the KX-200?",
        "Hello,\n\nthe manual says filter F2, your shop says F2b. Which of the two fits the KX-200?\n\nThomas Berger\n",
        deeds=(
            Deed("emma", "reply", "Hello Thomas,\n\nboth fit. F2b lasts twice as long, so we would take that one."),
        ),
    ),
    Letter(
        people.MARIA,
        "billing",
        "Copia della ricevuta di ottobre",
        "Buongiorno,\n\nho perso la ricevuta di ottobre. Potete mandarmene una copia?\n\nGrazie,\nMaria Rossi\n",
        deeds=(
            Deed("marco", "reply", "Buongiorno Maria,\n\ncerto: il numero della ricevuta è 2026-0917, la copia segue."),
        ),
    ),
    Letter(
        people.EWA,
        "billing",
        "Duplikat faktury FV/1032",
        "Dzień dobry,\n\nproszę o duplikat faktury FV/1032 z września, oryginał zaginął na poczcie.\n\nEwa Nowak\n",
        deeds=(
            Deed("piotr", "reply", "Dzień dobry,\n\nduplikat wyślemy jeszcze dziś. Czy adres firmy się nie zmienił?"),
        ),
    ),
    Letter(
        people.TOM,
        "support",
        "Spare key for cabinet 4471",
        "Hi,\n\nI need a spare key for a cabinet you sold in 2019. The number on the lock is 4471.\n\nTom\n",
        deeds=(Deed("emma", "reply", "Hi Tom,\n\nwe still cut that key: 9 pounds with postage. Shall we send it?"),),
    ),
    Letter(
        people.JAMES,
        "billing",
        "Invoice 2026-1184: VAT charged twice",
        "Good morning,\n\ninvoice 2026-1184 (attached) shows the VAT line twice, so the total is 108.00 too high.\n"
        "Please send a corrected one before we pay.\n\nKind regards\nJames Whitfield\nWhitfield & Daughters, Bristol\n",
        files=(files.invoice,),
        deeds=(
            Deed("emma", "comment", "Last week's import doubled VAT lines. Four more invoices may be wrong."),
            Deed(
                "emma",
                "reply",
                "Good morning James,\n\nyou are right, and we are sorry. The corrected invoice is 2026-1184-B; "
                "please ignore the first one.",
            ),
        ),
    ),
    Letter(
        people.GARDEN,
        "inbox",
        "Spring offers: tulips at half the price",
        "Bulbs, seeds and good soil: this week at half the price. See all offers on our page.\n",
        shape=odd.newsletter,
    ),
    Letter(
        people.PAWEL,
        "support",
        "Nie mogę się zalogować do sklepu",
        "Dzień dobry,\n\nod wczoraj nie mogę się zalogować. Po wpisaniu hasła strona wraca do początku,\n"
        "żadnego błędu nie widać. Proszę o pomoc, bo mam rzeczy w koszyku.\n\nPozdrawiam\nPaweł Wiśniewski",
        shape=odd.windows_1250,
    ),
    Letter(
        people.DIEGO,
        "support",
        "RV: ¿Dónde está mi pedido 5531?",
        "Buenas tardes:\n\nla confirmación le llegó a otra persona (va adjunta). ¿Me la pueden enviar a mí?\n\nDiego\n",
        shape=odd.mail_inside,
    ),
    Letter(
        people.PRIZES,
        "inbox",
        "You have won!!!",
        "Congratulations! You have been chosen. Collect your prize before midnight.\n",
        shape=odd.script,
    ),
    Letter(
        people.ZOFIA,
        "complaints",
        "Zgnieciona paczka, połowa szkła stłuczona",
        "Dzień dobry,\n\npaczka przyszła zgnieciona, zdjęcie kartonu w załączniku. Sześć z dwunastu kieliszków\n"
        "jest stłuczonych. Kurier nie chciał spisać protokołu. Co dalej?\n\nZ poważaniem\nZofia Lewandowska",
        shape=odd.latin_2_called_ascii,
        deeds=(Deed("emma", "rank", "high"),),
    ),
    Letter(
        people.KRANICH,
        "support",
        "Measurements as promised",
        "Dear team,\n\nhere are the measurements of the two frames, as promised on the phone.\n\nDieter Kranich\n",
        files=(files.measurements,),
        deeds=(Deed("emma", "assign", "emma"), Deed("emma", "postpone")),
    ),
    Letter(
        people.ROBERT,
        "complaints",
        "Re: Re: Re: Fwd: No hot water since Tuesday",
        "This is the third time that I write. Please read what is below before you answer,\n"
        "and tell me a day and an hour.\n\nRobert Hale",
        shape=odd.four_levels,
        deeds=(
            Deed("emma", "rank", "urgent"),
            Deed("emma", "assign", "lucia"),
            Deed("emma", "comment", "Lucía, could you ring the engineers first? He has waited long enough."),
        ),
    ),
    Letter(
        people.ANNA,
        "support",
        "Zmiana terminu dostawy lodówki",
        "Dzień dobry,\n\n"
        "czy można przełożyć dostawę lodówki ze środy na czwartek? W środę nikogo nie będzie w domu.\n\n"
        "Anna Kowalczyk\ntel. 22 555 01 47\n",
        deeds=(
            Deed("piotr", "assign", "piotr"),
            Deed("piotr", "draft", "Dzień dobry,\n\nczwartek jest możliwy, między 16 a 18. Czy to Pani odpowiada?"),
        ),
    ),
    Letter(
        people.GRACE,
        "support",
        "The checkout button stays grey",
        "Hello,\n\nI fill in everything and the button stays grey (see below). Is it me, or your page?\n\nGrace\n",
        shape=odd.picture_inside,
    ),
    Letter(
        people.CARMEN,
        "complaints",
        "La vajilla llegó rota",
        "Buenos días:\n\n"
        "Ayer recibí la vajilla «Mediterráneo» y dos piezas llegaron rotas, aunque la caja estaba bien.\n"
        "Adjunto dos fotos. ¿Me devuelven el dinero o me envían otras?\n\nUn saludo,\nCarmen Ortega\n",
        files=(files.broken_plate, files.broken_saucer),
        deeds=(Deed("lucia", "assign", "lucia"),),
    ),
    Letter(
        people.SOFIA,
        "support",
        "Pacco fermo in deposito da cinque giorni",
        "Buongiorno,\n\nil mio pacco (spedizione IT-88213) è fermo nel deposito di Bologna da cinque giorni.\n"
        "Il corriere dice che manca il numero civico, ma nell'ordine c'è. Potete sbloccarlo voi?\n\n"
        "Grazie in anticipo,\nSofia Marchetti\n",
    ),
)
